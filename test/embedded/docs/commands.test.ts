import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createRoles } from '../../../apply/index.ts';
import { startPostgres, type PostgresServer } from '../../../testing/servers/postgres-server.ts';
import { withClient } from '../../../postgres/with-client.ts';
import declaration from '../../../examples/todos/declaration.ts';
import { commandLine } from '../../support/docs/command-line.ts';
import { consoleCommands, withoutChance } from '../../support/docs/console.ts';
import { commands } from '../../support/docs/shell.ts';

// What is known against the embedded Postgres is not what the page is about.
vi.mock(import('../../../declaration/releases/releases.ts'), async (original) => ({
  ...(await original()),
  releaseFindings: () => [],
}));

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

const sessions = consoleCommands('docs/commands.md');

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

/** When a token was signed, in seconds. */
function signedAt(token: string): number {
  return (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { iat: number }).iat;
}

/** The same command for a token that was signed just now, instead of the one on the page. */
function withToken(line: string, shown: string, minted: string): string {
  const later = 1000 * (signedAt(minted) - signedAt(shown));
  return line.replace(shown, minted).replace(/(?<=--at )\S+/, (at) => new Date(Date.parse(at) + later).toISOString());
}

it('docs/commands.md shows what the commands print', async () => {
  expect(sessions.length).toBeGreaterThan(8);
  let tampered = false;
  let minted: { readonly shown: string; readonly printed: string } | undefined;
  for (const { place, command, output } of sessions) {
    if (!tampered && output.startsWith('REVOKE')) {
      tampered = true;
      await sql((client) => client.query('GRANT SELECT ON api.todos TO PUBLIC'));
    }
    const line = command
      .replace('--host 127.0.0.1', `--host 127.0.0.1 --port ${postgres.port}`)
      .replace('.secrets', `${directory}/.secrets`);
    const isVerified = line.includes('token verify');
    const run = isVerified && minted ? withToken(line, minted.shown, minted.printed) : line;
    const printed = (await print(run)).replaceAll(`${directory}/`, '');
    if (line.includes('token mint')) minted = { shown: output.trim(), printed: printed.trim() };
    expect(withoutChance(printed), `${place}: ${command}`).toBe(withoutChance(output));
  }
  expect(tampered).toBe(true);
});
