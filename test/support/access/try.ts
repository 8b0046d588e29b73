import { loadModule } from 'libpg-query';
import { declare } from '../../../declaration/index.ts';
import { applyDeclaration, createRoles } from '../../../apply/index.ts';
import { startPostgres } from '../../../testing/servers/postgres-server.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { randomFrom } from '../../../access/check/random.ts';
import { randomDeclaration } from './random-declaration.ts';
import { runTrial, subjectOf } from './trial.ts';

await loadModule();
await using postgres = await startPostgres();
const from = Number(process.argv[2] ?? 1);
const to = Number(process.argv[3] ?? 5);
let compared = 0; const nm = new Map<string, number>(); const started = Date.now(); let apply = 0, n = 0;
for (let seed = from; seed <= to; seed++) {
  const random = randomFrom(seed);
  const input = randomDeclaration(random, `r${seed}`);
  let t = Date.now();
  await postgres.createDatabase(`r${seed}`);
  const connection = postgres.connection(`r${seed}`);
  try {
    const declaration = declare(input);
    await withClient(connection, (client) => createRoles(client, declaration, { authenticator: 'made here' }));
    await applyDeclaration(connection, declaration);
  } catch (error) { console.log(seed, 'APPLY', String(error).slice(0, 400)); continue; }
  apply += Date.now() - t;
  await withClient(connection, async (client) => {
    const subject = await subjectOf(client, input);
    for (let k = 0; k < 3; k++) {
      const outcome = await runTrial(client, subject, random, 50);
      compared += outcome.compared; n++;
      for (const m of outcome.notModelled) nm.set(m, (nm.get(m) ?? 0) + 1);
      for (const d of outcome.differences.slice(0, 2)) {
        console.log(seed, JSON.stringify(d.request), '\n   ', d.difference);
        if (process.env['V']) console.log(JSON.stringify(input.tables?.find((x) => x.name === d.request.target.name), null, 1), input.migrations![0]!.sql, JSON.stringify(input.roles));
      }
    }
  });
}
console.log({ compared, nm, ms: Date.now() - started, apply });
