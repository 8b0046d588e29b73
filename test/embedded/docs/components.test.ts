import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { since13, version } from '../../support/embedded-postgrest.ts';
import { serverSettings } from '../../../compile/server/settings.ts';
import { startEphemeralPostgrest, startPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import declaration from '../../../examples/todos/declaration.ts';
import { generateKey, publicKeySet } from '../../../tokens/index.ts';

let directory: string;
let environment: EphemeralPostgrest;
let keySet: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'components-'));
  environment = await startEphemeralPostgrest(declaration);
  keySet = JSON.stringify(publicKeySet([await generateKey()]));
});
afterAll(async () => {
  await environment.stop();
  rmSync(directory, { recursive: true });
});

/** Whether a server that is given this text trusts whoever knows it. */
async function takenAsSecret(text: string): Promise<boolean> {
  const file = (name: string, content: string) => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
    return `@${join(directory, name)}`;
  };
  const places = {
    databaseUri: file('database-uri', environment.databaseUrl),
    jwtSecret: file('jwks.json', text),
    port: 3000,
    adminPort: 3001,
  };
  await using server = await startPostgrest({ env: serverSettings(declaration, { ...places, version: '12.0.2' }) });
  const token = await new SignJWT({ role: 'todos_user', user_id: 1 })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1 minute')
    .sign(new TextEncoder().encode(text));
  const { status } = await fetch(`${server.url}/todos`, { headers: { Authorization: `Bearer ${token}` } });
  expect([200, 401]).toContain(status);
  return status === 200;
}

/** The key set with other members in its key, or another key. */
function changed(members: object): string {
  const { keys } = JSON.parse(keySet) as { keys: object[] };
  return JSON.stringify({ keys: [{ ...keys[0], ...members }] });
}

describe(`docs/components.md: PostgREST ${version} takes what it cannot read as a key set for an HMAC secret:`, () => {
  it('not a good key set', async () => expect(await takenAsSecret(keySet)).toBe(false));

  it('one with a stray bracket', async () => expect(await takenAsSecret(`${keySet}}`)).toBe(true));

  it('one with an Ed448 key, but not from 13 on', async () => {
    const ed448 = generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' });
    const { keys } = JSON.parse(keySet) as { keys: object[] };
    expect(await takenAsSecret(JSON.stringify({ keys: [...keys, ed448] }))).toBe(since13(true, false));
  });

  it('one with half a surrogate pair in a kid', async () => {
    expect(await takenAsSecret(changed({ kid: '\ud800' }))).toBe(true);
  });
});
