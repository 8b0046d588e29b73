import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declare } from '../../../declaration/index.ts';
import { createTokenStorage, tokenService } from '../../../token-service/index.ts';
import { connectionOf } from '../../support/connection-of.ts';
import { refusal, rejection } from '../../support/errors.ts';
import { signIn, SERVICE_PASSWORD, startTokenService, type RunningService } from '../../support/token-service.ts';
import { decodeJwt } from 'jose';
import { refreshTokenGrant } from 'openid-client';

const PREFIX = 'chosen';
let running: RunningService;

beforeAll(async () => {
  running = await startTokenService(PREFIX, { accountClaims: 'auth.claims', algorithm: 'RS256' });
});
afterAll(() => running?.stop());

it('a function of yours says role and claims, from tables that the service cannot read', async () => {
  // Before there is such a function, setting it up is refused and nobody gets a token.
  const admin = connectionOf(running.api.databaseUrl);
  const options = { password: SERVICE_PASSWORD, accountClaims: 'auth.claims' };
  expect(await rejection(createTokenStorage(admin, running.declaration, options))).toMatchObject({
    code: 'missing_object',
  });
  await expect(signIn(running.client)).rejects.toThrow();
  await running.api.sql(`
    CREATE SCHEMA auth;
    CREATE TABLE auth.staff (id text PRIMARY KEY, level int NOT NULL);
    INSERT INTO auth.staff VALUES ('ann-1', 2);
    CREATE FUNCTION auth.claims(account text) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC
      SELECT jsonb_build_object('role', '${PREFIX}_user', 'user_id', s.level) FROM auth.staff AS s WHERE s.id = account;
    END;
    REVOKE ALL ON FUNCTION auth.claims FROM PUBLIC`);
  await createTokenStorage(admin, running.declaration, options);
  const first = await signIn(running.client);
  expect(decodeJwt(first.access_token)).toMatchObject({ role: `${PREFIX}_user`, user_id: 2 });
  await running.api.sql('DELETE FROM auth.staff');
  await expect(refreshTokenGrant(running.client, first.refresh_token)).rejects.toMatchObject({
    error: 'invalid_grant',
  });
});

describe('what is refused', () => {
  const start = (more: object) => () => tokenService({ ...running.options, ...more });
  const input = { name: PREFIX, schemas: ['api'], roles: { users: [`${PREFIX}_user`] } };

  it.each([
    ['no issuer', { declaration: declare(input) }, 'invalid_prop'],
    ['an issuer that is no address', { declaration: declare(input), issuer: 'here' }, 'invalid_prop'],
    ['another issuer than the declared one', { issuer: 'https://elsewhere.test' }, 'invalid_prop'],
    ['a lifetime that is none', { lifetimes: { accessToken: Number.NaN } }, 'invalid_prop'],
    [
      'a client to which codes go in the clear',
      { clients: [{ id: 'web', redirectUris: ['http://app.test'] }] },
      'invalid_prop',
    ],
    ['a function without a schema', { accountClaims: 'claims' }, 'invalid_prop'],
    [
      'a secret that servers can sign with',
      { declaration: declare({ ...input, keys: { generate: 'HS256' } }), issuer: 'https://id.test' },
      'unsupported_algorithm',
    ],
    ['keys that are not there', { keyDirectory: '/nowhere' }, 'unreadable_key'],
  ] as const)('%s', (_, more, code) => {
    expect(refusal(start(more))).toMatchObject({ code });
  });

  it('a declaration that manages the schema of the service', async () => {
    const declaration = declare({ ...input, schemas: [`${PREFIX}_tokens`] });
    const refused = createTokenStorage(connectionOf(running.api.databaseUrl), declaration, { password: 'x' });
    expect(await rejection(refused)).toMatchObject({ code: 'schema_not_exposable' });
  });
});
