import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declare } from '../../../declaration/index.ts';
import { addKey, importKey, loadVerificationKeys, revokeKey } from '../../../tokens/index.ts';
import { answers } from '../../support/embedded-postgrest.ts';
import { checkExamination, checkHostile } from './check-token.ts';
import { honest } from './hostile-token.ts';
import { hmacToken } from './raw-token.ts';
import { useServers, vault } from './vault.ts';

const servers = useServers(vault, {});
const directory = mkdtempSync(join(tmpdir(), 'shared-secrets-'));
afterAll(() => rmSync(directory, { recursive: true }));

const [first, second, unknown] = [randomBytes(32), randomBytes(48), randomBytes(32)] as const;
const imported = [first, second].map((secret) => {
  const jwk = JSON.stringify({ kty: 'oct', k: secret.toString('base64url') });
  return { secret, kid: addKey(directory, importKey(jwk, 'secret.json')).key.kid };
});

/** A server that trusts the secrets of the directory as they are now. */
async function trusting() {
  const keySet = JSON.stringify(loadVerificationKeys({ generate: 'HS256' }, directory));
  return { url: (await servers.trust(keySet)).url, keySet };
}

describe('two HS256 secrets at once', () => {
  let server: Awaited<ReturnType<typeof trusting>>;
  beforeAll(async () => {
    server = await trusting();
  });

  it.each(imported)('tokens of each are served, whether they name it or not', async ({ secret, kid }) => {
    // Who shares a secret does not know the name that it has here.
    for (const header of [{}, { kid }]) {
      const token = hmacToken(secret, honest(), header);
      await checkHostile(server, token, 'user one');
      await checkExamination(server, token, 'user one');
    }
  });

  it('a token of another secret is rejected', async () => {
    await checkHostile(server, hmacToken(unknown, honest()), answers.wrongSignature);
  });

  it('a role at a path is no role: a token of a secret names it in the claim role', async () => {
    const atPath = { 'jwt-role-claim-key': '.app_metadata.role' };
    expect(() =>
      declare({
        name: 'vault',
        schemas: ['api'],
        roles: { users: ['vault_user'] },
        keys: { generate: 'HS256' },
        server: { settings: atPath },
      }),
    ).toThrow('declare the claim of a provider in keys.provider.roles; tokens of other keys name their role in "role"');
    const { role, ...claims } = honest();
    await checkHostile(server, hmacToken(first, { ...claims, app_metadata: { role } }), 'anonymous');
    await checkHostile(server, hmacToken(first, { ...honest(), app_metadata: { role: 'vault_auditor' } }), 'user one');
  });

  it('tokens of a revoked secret are rejected, and those of the other one are still served', async () => {
    revokeKey(directory, imported[1]!.kid, { force: true });
    const next = await trusting();
    await checkHostile(next, hmacToken(second, honest()), answers.wrongSignature);
    await checkHostile(next, hmacToken(first, honest()), 'user one');
    expect(JSON.parse(next.keySet)).toMatchObject({ keys: [{ kid: imported[0]!.kid }] });
  });
});
