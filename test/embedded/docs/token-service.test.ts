import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRoles } from '../../../apply/index.ts';
import { loadDeclaration } from '../../../cli/load-declaration.ts';
import { startPostgres, type PostgresServer } from '../../../testing/servers/postgres-server.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { codeBlocks, root } from '../../support/docs/markdown.ts';
import { inSources, runShell } from '../../support/docs/run-shell.ts';

let directory: string;
let postgres: PostgresServer;

/** As after a deploy of database and roles. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'token-service-'));
  postgres = await startPostgres();
  mkdirSync(join(directory, '.secrets/todos'), { recursive: true });
  cpSync(postgres.passwordFile, join(directory, '.secrets/todos/admin-password'));
  await postgres.createDatabase('todos');
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(directory, { recursive: true });
});

const block = (language: string) => codeBlocks('docs/token-service.md').find((one) => one.language === language)!.text;

it('docs/token-service.md sets up a service that serves', async () => {
  const file = join(directory, 'declaration.ts');
  writeFileSync(
    file,
    block('ts').replace("'cdktf-secured-postgrest/declaration'", `'file://${root}declaration/index.ts'`),
  );
  const declaration = await loadDeclaration(file);
  await withClient(postgres.connection('todos'), (client) =>
    createRoles(client, declaration, { authenticator: 'only the roles matter here' }),
  );

  const lines = block('sh')
    .trim()
    .replaceAll('--host 127.0.0.1', `--host 127.0.0.1 --port ${postgres.port}`)
    .split('\n');
  const serve = lines.pop()!;
  expect(serve).toContain('token-service serve');
  expect(await runShell(lines.join('\n'), directory)).not.toContain('secured-postgrest: ');

  const child = spawn('sh', ['-c', `exec ${inSources(serve)} --listen 0`], { cwd: directory });
  const ended = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
  try {
    await expect.poll(() => output).toMatch(/^https:\/\/id\.example\.org listens on 127\.0\.0\.1:\d+/m);
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(output)!;
    const answer = await fetch(`http://127.0.0.1:${port}/.well-known/openid-configuration`);
    expect(await answer.json()).toMatchObject({ issuer: 'https://id.example.org' });
  } finally {
    child.kill();
    await ended;
  }
});
