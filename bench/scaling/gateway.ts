import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { certificateAuthority } from '../../test/support/certificates.ts';
import { encryptToken, generateDecryptionKey, generateKey, type DecryptionKey } from '../../tokens/index.ts';
import { OPENER_SCRIPT } from '../processes.ts';
import type { Figures } from '../report.ts';
import { addCosts, type Cost } from './cost.ts';
import { ONE_ROW_PATH } from './requests.ts';
import { tokenOf, type ScalingServers } from './servers.ts';

/** Rates are no part of what is measured. */
export const WIDE = {
  requestsPerSecondPerAddress: 1_000_000,
  requestsPerSecondPerToken: 1_000_000,
  connectionsPerAddress: 65_535,
};
/** The opener remembers what it has opened: each of these is new. */
const NEW_TOKENS = 300;

export const DIRECT = 'no gateway';
export const HTTP = 'gateway, HTTP';
export const TLS_KEPT = 'gateway, TLS, connection kept';
export const TLS_NEW = 'gateway, TLS, a new connection each';
export const OPENED = 'gateway, TLS, encrypted token seen before';
export const OPENED_FIRST = (kind: string) => `gateway, TLS, a new encrypted token each, ${kind}`;
export const ENCRYPTION_KINDS = ['X25519', 'P-256', 'RSA-OAEP-256'] as const;

const decryptionKey = (kind: (typeof ENCRYPTION_KINDS)[number]): DecryptionKey =>
  kind === 'RSA-OAEP-256' ? generateDecryptionKey(kind) : generateDecryptionKey('ECDH-ES+A256KW', kind);

/** The same request directly, and through the gateway with each kind of connection and of encrypted token. */
export async function benchDoor(figures: Figures, servers: ScalingServers): Promise<void> {
  const { startNginx } = await import('../../test/support/nginx.ts');
  const key = await generateKey('ES256');
  const server = await servers.serve({ key });
  const pem = certificateAuthority('bench').issue('localhost');
  const keys = ENCRYPTION_KINDS.map((kind) => ({ kind, key: decryptionKey(kind) }));
  const opener = await startOpenerProcess(keys.map(({ key }) => key));
  const plain = await startNginx(server.url, { input: { limits: WIDE } });
  const door = await startNginx(server.url, { input: { limits: WIDE }, pem });
  const { hostname, port } = new URL(opener.url);
  const opening = await startNginx(server.url, {
    input: { limits: WIDE },
    pem,
    places: { opener: { host: hostname, port: Number(port) } },
  });
  try {
    const token = await tokenOf(key);
    const ask = (name: string, url: string, floor: string, orders: Cost['orders'] = {}): Cost => ({
      name,
      floor,
      url: url + ONE_ROW_PATH,
      orders: { token, ...orders },
    });
    const encrypted = await encryptToken(token, keys[0]!.key);
    await addCosts(figures, [
      { name: DIRECT, url: server.url + ONE_ROW_PATH, orders: { token } },
      ask(HTTP, plain.url, DIRECT),
      ask(TLS_KEPT, door.url, HTTP),
      ask(TLS_NEW, door.url, TLS_KEPT, { newConnections: true }),
      ask(OPENED, opening.url, TLS_KEPT, { token: encrypted }),
      ...keys.map(({ kind, key: encryptionKey }): Cost => ({
        ...ask(OPENED_FIRST(kind), opening.url, OPENED),
        newTokens: () =>
          Promise.all(Array.from({ length: NEW_TOKENS }, async () => encryptToken(await tokenOf(key), encryptionKey))),
      })),
    ]);
  } finally {
    for (const running of [opening, door, plain, opener, server]) await running.stop();
  }
}

async function startOpenerProcess(keys: readonly DecryptionKey[]) {
  const script = fileURLToPath(new URL(OPENER_SCRIPT, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, KEYS: JSON.stringify(keys) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const [url] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    url: url.toString().trim(),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
