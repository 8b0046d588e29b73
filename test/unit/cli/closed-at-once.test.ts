import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateKey, publicKeySet, storeProviderKeys } from '../../../tokens/index.ts';
import { checkPublicKeys } from '../../../declaration/keys/key-set.ts';
import { run } from '../../support/run-cli.ts';

const ways: Readonly<Record<string, (socket: Socket) => void>> = {
  'closes at once': (socket) => void socket.destroy(),
  'never answers': () => undefined,
  'breaks off in the middle': (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{'),
};

let directory: string;
const server = createServer();
const sockets = new Set<Socket>();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'closed-at-once-'));
});
afterEach(() => {
  server.removeAllListeners('connection');
  server.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  rmSync(directory, { recursive: true });
});

describe.each(Object.keys(ways))('where a server %s', (way) => {
  it('wait and keys fetch fail with a reason, and --or-kept goes on with what is kept', async () => {
    server.on('connection', (socket) => {
      sockets.add(socket.on('error', () => undefined));
      ways[way]!(socket);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const keys = checkPublicKeys(publicKeySet([await generateKey('ES256')]), 'test');
    storeProviderKeys(directory, { issuer: url }, keys);
    const wait = ['wait', '--url', url, '--timeout', '3'];
    const fetchKeys = ['keys', 'fetch', '--directory', directory, '--issuer', url];

    const [waited, forKey, fetched, kept] = await Promise.all([
      run(...wait),
      run(...wait, '--signing-key', 'k'),
      run(...fetchKeys),
      run(...fetchKeys, '--or-kept'),
    ]);

    // Status and headers are an answer for who waits for no body.
    if (way === 'breaks off in the middle') expect(waited.code).toBe(0);
    else expect(waited).toMatchObject({ code: 1, stderr: expect.stringContaining('[server_not_ready]') as string });
    expect(forKey).toMatchObject({ code: 1, stderr: expect.stringContaining('[server_not_ready]') as string });
    expect(fetched).toMatchObject({ code: 1, stderr: expect.stringContaining('[provider_unreachable]') as string });
    expect(kept).toMatchObject({ code: 0, stderr: expect.stringContaining('going on with the keys') as string });
  }, 120_000);
});

it('a command that waits for what can never happen fails in one line', async () => {
  const declaration = join(directory, 'never.mjs');
  writeFileSync(declaration, 'await new Promise(() => {});\nexport default {};\n');
  for (const command of ['plan-sql', 'dev']) {
    expect(await run(command, declaration)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^(loading .*)?secured-postgrest: .*\[never_settles\]\n$/s) as string,
    });
  }
}, 120_000);
