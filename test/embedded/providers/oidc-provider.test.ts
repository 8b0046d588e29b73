import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as client from 'openid-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { fetchProviderKeys, generateKey, loadVerificationKeys, storeProviderKeys } from '../../../tokens/index.ts';
import { behindProvider, roles } from '../../support/behind-provider.ts';
import { AUDIENCE, LocalProvider } from '../../support/local-provider.ts';

let provider: LocalProvider;
let api: EphemeralPostgrest;
let directory: string;

beforeAll(async () => {
  provider = await LocalProvider.start([await generateKey('RS256')], {
    ann: { groups: ['staff', 'boss'] },
    bob: { groups: ['member'] },
    eve: { groups: ['stranger'] },
  });
  const { issuer } = provider;
  directory = mkdtempSync(join(tmpdir(), 'provider-keys-'));
  storeProviderKeys(directory, { issuer }, await fetchProviderKeys({ issuer }));
  const keys = {
    issuer,
    audience: AUDIENCE,
    roles: { claim: 'groups', map: { [roles.admin]: 'boss', [roles.user]: 'member' } },
  };
  const jwks = loadVerificationKeys({ provider: keys }, directory);
  api = await startEphemeralPostgrest(behindProvider({ ...keys, jwks }));
});

afterAll(async () => {
  await api.stop();
  await provider.stop();
  rmSync(directory, { recursive: true });
});

async function orders(token: string): Promise<unknown> {
  const response = await fetch(`${api.url}/orders?select=id`, { headers: { Authorization: `Bearer ${token}` } });
  return response.ok ? ((await response.json()) as { id: number }[]).map(({ id }) => id) : response.status;
}

it('access tokens from sign-in, and refreshed ones, see the rows of their user', async () => {
  expect(await orders((await provider.signIn('ann')).tokens.access_token)).toEqual([1, 2, 3]);

  const { config, tokens } = await provider.signIn('bob');
  expect(await orders(tokens.access_token)).toEqual([2]);
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token!, { resource: AUDIENCE });
  expect(refreshed.access_token).not.toBe(tokens.access_token);
  expect(await orders(refreshed.access_token)).toEqual([2]);

  // What has changed at the provider counts from the next refresh on.
  provider.claims.set('bob', { groups: ['boss'] });
  const promoted = await client.refreshTokenGrant(config, refreshed.refresh_token!, { resource: AUDIENCE });
  expect(await orders(promoted.access_token)).toEqual([1, 2, 3]);
});

it('a user without a mapped group, and an ID token, are refused', async () => {
  expect(await orders((await provider.signIn('eve')).tokens.access_token)).toBe(401);
  expect(await orders((await provider.signIn('ann')).tokens.id_token!)).toBe(401);
});
