import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createRoles } from '../../../apply/index.ts';
import { startPostgres, type PostgresServer } from '../../../ephemeral/postgres-server.ts';
import { withClient } from '../../../ephemeral/with-client.ts';
import declaration from '../../../examples/todos/declaration.ts';
import { codeBlocks } from '../../support/docs/markdown.ts';
import { commandLine } from '../../support/docs/command-line.ts';
import { commands } from '../../support/docs/shell.ts';

let directory: string;
let postgres: PostgresServer;

/** As after a deploy of database and roles. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'commands-'));
  postgres = await startPostgres();
  mkdirSync(join(directory, '.secrets/todos'), { recursive: true });
  cpSync(postgres.passwordFile, join(directory, '.secrets/todos/admin-password'));
  await postgres.createDatabase('todos');
  await sql((client) => createRoles(client, declaration, { authenticator: 'only the roles matter here' }));
});
afterAll(async () => {
  await postgres.stop();
  rmSync(directory, { recursive: true });
});

function sql<T>(run: Parameters<typeof withClient<T>>[1]): Promise<T> {
  return withClient(postgres.connection('todos'), run);
}

/** The commands of the page with their output. */
const sessions = codeBlocks('docs/commands.md')
  .filter(({ language }) => language === 'console')
  .flatMap(({ place, text }) =>
    text
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = '', ...output] = part.split('\n');
        return { place, command, output: output.join('\n') };
      }),
  );

/** What a command prints, run in this process: a new one for each would take ten times as long. */
async function print(line: string): Promise<string> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    const [words] = commands(line);
    await (await commandLine()).parseAsync(words!.slice(2), { from: 'user' });
    return log.mock.calls.map(([text]) => `${text}\n`).join('');
  } finally {
    log.mockRestore();
    process.exitCode = undefined;
  }
}

it('docs/commands.md shows what the commands print', async () => {
  expect(sessions.length).toBeGreaterThan(8);
  let tampered = false;
  for (const { place, command, output } of sessions) {
    if (!tampered && output.startsWith('REVOKE')) {
      tampered = true;
      await sql((client) => client.query('GRANT SELECT ON api.todos TO PUBLIC'));
    }
    const line = command
      .replace('--host 127.0.0.1', `--host 127.0.0.1 --port ${postgres.port}`)
      .replace('.secrets', `${directory}/.secrets`);
    const printed = (await print(line)).replaceAll(`${directory}/`, '');
    expect(withoutChance(printed), `${place}: ${command}`).toBe(withoutChance(output));
  }
  expect(tampered).toBe(true);
});

/** Keys, tokens and times are others each time. */
function withoutChance(text: string): string {
  return text
    .replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'TOKEN')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/(?<![\w-])[\w-]{43}(?![\w-])/g, 'KEY');
}
