import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as oauth from 'openid-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../../testing/servers/free-ports.ts';
import { isPassword } from '../../../token-service/passwords.ts';
import { compiled } from '../../support/compiled.ts';
import { connectionOf } from '../../support/connection-of.ts';
import { authorization, PASSWORD, REDIRECT, SERVICE_PASSWORD, signIn } from '../../support/token-service.ts';
import { startTokenService, Visitor, type RunningService } from '../../support/token-service.ts';

const PREFIX = 'commanded';
let running: RunningService;
let directory: string;

beforeAll(async () => {
  running = await startTokenService(PREFIX);
  directory = mkdtempSync(join(tmpdir(), 'serve-'));
});
afterAll(async () => {
  await running?.stop();
  rmSync(directory, { recursive: true });
});

function command(name: string, ...args: string[]) {
  const child = spawn(process.execPath, [compiled('cli/main.js'), 'token-service', name, ...args]);
  const seen = { output: '', ended: once(child, 'exit') };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (seen.output += String(data)));
  return { child, seen };
}

it('sets up and serves, and neither it nor Postgres prints a token, a code, a name or a password', async () => {
  const { host, port, database, user, password } = connectionOf(running.api.databaseUrl);
  const [listen] = await freePorts(1);
  const issuer = `http://127.0.0.1:${listen}`;
  const file = (name: string, content: string) => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
    return join(directory, name);
  };
  const declaration = file(
    'declaration.json',
    JSON.stringify({ ...running.declaration, tokens: { issuer, audience: 'notes', requiredClaims: ['exp'] } }),
  );
  const servicePassword = file('service-password', SERVICE_PASSWORD);
  const at = ['--host', host, '--port', String(port), '--database', database];

  const setup = command(
    'setup',
    declaration,
    ...at,
    '--user',
    user,
    '--password-file',
    file('password', password),
    '--service-password-file',
    servicePassword,
  );
  expect(await setup.seen.ended, setup.seen.output).toEqual([0, null]);

  const serve = command(
    'serve',
    declaration,
    ...at,
    '--user',
    `${PREFIX}_token_service`,
    '--password-file',
    servicePassword,
    '--directory',
    running.keyDirectory,
    '--client',
    `web=${REDIRECT}`,
    '--listen',
    String(listen),
  );
  try {
    await expect.poll(() => serve.seen.output).toContain(`${issuer} listens on`);
    const client = await oauth.discovery(new URL(issuer), 'web', undefined, oauth.None(), {
      execute: [oauth.allowInsecureRequests],
    });
    const tokens = await signIn(client);
    const second = await oauth.refreshTokenGrant(client, tokens.refresh_token);
    await oauth.refreshTokenGrant(client, second.refresh_token!);
    // A reuse, a limit, and a table that is gone: what is told of these must hold nothing either.
    await expect(oauth.refreshTokenGrant(client, tokens.refresh_token)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    const visitor = new Visitor();
    const page = await visitor.follow((await authorization(client)).url);
    for (let n = 0; n < 11; n++) await visitor.submit(page.url, 'a-name-of-somebody', 'a-wrong-password');
    await running.api.sql(`ALTER TABLE ${PREFIX}_tokens.tokens RENAME TO others`);
    const failed = await fetch(`${issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'web', refresh_token: tokens.refresh_token }),
    });
    expect([failed.status, await failed.json()]).toMatchObject([500, { error: 'server_error' }]);

    const events = serve.seen.output.split('\n').filter((line) => line.startsWith('{'));
    expect(events).toEqual([
      '{"event":"refresh_token_reused"}',
      '{"event":"sign_in_limited"}',
      '{"event":"failed","code":"42P01"}',
    ]);
    const printed = serve.seen.output + running.api.logs().postgres;
    expect(printed).toContain('does not exist');
    const secrets = [PASSWORD, SERVICE_PASSWORD, 'a-name-of-somebody', 'a-wrong-password', tokens.code];
    for (const secret of [...secrets, tokens.refresh_token, second.refresh_token!, tokens.access_token]) {
      expect(printed).not.toContain(secret);
    }
  } finally {
    serve.child.kill('SIGTERM');
    expect(await serve.seen.ended, serve.seen.output).toEqual([0, null]);
  }
});

it('hashes a password', async () => {
  const { child, seen } = command('hash-password');
  child.stdin.end(`${PASSWORD}\n`);
  await seen.ended;
  const hash = seen.output.split('\n').find((line) => line.startsWith('$argon2id$'));
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await isPassword(hash, PASSWORD)).toBe(true);
});
