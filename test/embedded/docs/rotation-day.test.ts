import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AuthenticatorLogins } from '../../../constructs/secrets/authenticator-logins.ts';
import { serverSettings } from '../../../compile/server/settings.ts';
import { startEphemeralPostgrest, startPostgrest } from '../../../testing/index.ts';
import type { EphemeralPostgrest, RunningPostgrest } from '../../../testing/index.ts';
import declaration from '../../../examples/todos/declaration.ts';
import { addKey, generateKey, loadVerificationKeys, readManagedKeys, signToken } from '../../../tokens/index.ts';
import { consoleCommands, KID, withoutChance } from '../../support/docs/console.ts';
import { runShell } from '../../support/docs/run-shell.ts';

let directory: string;
let environment: EphemeralPostgrest;
let server: RunningPostgrest;

const path = (name: string) => join(directory, name);

/** As after a first deploy. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'rotation-day-'));
  mkdirSync(path('.secrets/todos'), { recursive: true, mode: 0o700 });
  void new AuthenticatorLogins(path('.secrets/todos')).password;
  addKey(path('.secrets/todos/keys'), await generateKey());
  environment = await startEphemeralPostgrest(declaration);
  writeFileSync(path('admin-password'), decodeURIComponent(new URL(environment.databaseUrl).password), { mode: 0o600 });
  writeFileSync(path('database-uri'), environment.databaseUrl, { mode: 0o600 });
  writeKeySet();
  const places = { databaseUri: `@${path('database-uri')}`, jwtSecret: `@${path('jwks.json')}`, port: 1, adminPort: 2 };
  server = await startPostgrest({ env: serverSettings(declaration, { ...places, version: '12.0.2' }) });
});
afterAll(async () => {
  await server.stop();
  await environment.stop();
  rmSync(directory, { recursive: true });
});

function writeKeySet(): void {
  const set = loadVerificationKeys({ generate: 'ES256' }, path('.secrets/todos/keys'));
  writeFileSync(path('jwks.json'), JSON.stringify(set), { mode: 0o600 });
}

/** What a deploy does to a server that is there. */
function deploy(): Promise<string> {
  writeKeySet();
  const { hostname, port, username, pathname } = new URL(environment.databaseUrl);
  const to = `--host ${hostname} --port ${port} --user ${username} --database ${pathname.slice(1)} --password-file admin-password`;
  const keys = `--key-set jwks.json --directory .secrets/todos/keys --server ${server.url}`;
  return runShell(`npx secured-postgrest reload ${to} ${keys}`, directory);
}

/** Which states the keys are in whose tokens pass. */
async function passing(): Promise<string[]> {
  const passing: string[] = [];
  for (const { key, state } of readManagedKeys(path('.secrets/todos/keys'))) {
    const Authorization = `Bearer ${await signToken(key, { role: 'todos_user' })}`;
    if ((await fetch(`${server.url}/todos`, { headers: { Authorization } })).ok) passing.push(state);
  }
  return passing;
}

it('docs/rotation-day.md shows what happens', async () => {
  const known = new Map<string, string>();
  const passed: string[][] = [];
  for (const { place, command, output } of consoleCommands('docs/rotation-day.md')) {
    const line = command.replaceAll(KID, (kid) => known.get(kid)!);
    const printed = line === 'npm run deploy' ? await deploy() : await runShell(line, directory);
    expect(withoutChance(printed), `${place}: ${command}`).toBe(withoutChance(output));
    const kids = printed.match(KID) ?? [];
    (output.match(KID) ?? []).forEach((kid, n) => known.set(kid, kids[n]!));
    if (line === 'npm run deploy') passed.push(await passing());
  }
  expect(passed).toEqual([['standby', 'in_use'], ['in_use', 'previously_used'], ['in_use'], ['in_use']]);
});
