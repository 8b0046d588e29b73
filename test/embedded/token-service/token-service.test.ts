import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oauth from 'openid-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { applyDeclaration } from '../../../apply/index.ts';
import { connectionOf } from '../../support/connection-of.ts';
import { notes, signIn, startTokenService, Visitor, type RunningService } from '../../support/token-service.ts';

const PREFIX = 'served';
let running: RunningService;

beforeAll(async () => {
  running = await startTokenService(PREFIX);
});
afterAll(() => running?.stop());
afterEach(async () => {
  await running.api.sql(
    `UPDATE ${PREFIX}_tokens.accounts SET role = '${PREFIX}_user', claims = '{"user_id": 1}', disabled = false`,
  );
  running.events.length = 0;
});

const refresh = (token: string) => oauth.refreshTokenGrant(running.client, token);
const change = (assignment: string) => running.api.sql(`UPDATE ${PREFIX}_tokens.accounts SET ${assignment}`);
const afterGrace = () =>
  running.api.sql(`UPDATE ${PREFIX}_tokens.tokens SET consumed_at = consumed_at - interval '10 seconds'`);
const invalidGrant = { error: 'invalid_grant' };

describe('signing in', () => {
  it('gives a token that the API takes, with the role and claims of the account', async () => {
    const tokens = await signIn(running.client);
    expect(await notes(running.api, tokens.access_token)).toBe('200 [{"body":"mine"}]');
    const { iat, exp, jti, ...claims } = decodeJwt(tokens.access_token);
    expect(claims).toEqual({
      iss: running.service.issuer,
      aud: 'notes',
      sub: 'ann-1',
      role: `${PREFIX}_user`,
      user_id: 1,
      client_id: 'web',
    });
    expect(exp! - iat!).toBe(300);
    expect(jti).toMatch(/^.{21,}$/);
    expect(tokens.subject).toBe('ann-1');
  });

  it('the ID token, which says who but not as what, opens nothing', async () => {
    const { id_token } = await signIn(running.client);
    expect(await notes(running.api, id_token)).toMatch(/^401 /);
  });

  it('a code is good once, and its second use ends what the first has brought', async () => {
    const { exchange, refresh_token } = await signIn(running.client);
    await expect(exchange()).rejects.toMatchObject(invalidGrant);
    await expect(refresh(refresh_token)).rejects.toMatchObject(invalidGrant);
  });
});

describe('a refresh', () => {
  it('brings new tokens', async () => {
    const first = await signIn(running.client);
    const second = await refresh(first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await notes(running.api, second.access_token)).toBe('200 [{"body":"mine"}]');
  });

  it('says what the account may do by now', async () => {
    const first = await signIn(running.client);
    await change(`role = '${PREFIX}_other', claims = '{"user_id": 2}'`);
    const second = await refresh(first.refresh_token);
    expect(decodeJwt(second.access_token)).toMatchObject({ role: `${PREFIX}_other`, user_id: 2 });
    expect(await notes(running.api, second.access_token)).toBe('200 [{"body":"yours"}]');
    await change(`claims = '{}'`);
    const third = await refresh(second.refresh_token!);
    expect(await notes(running.api, third.access_token)).toBe('200 []');
  });

  it.each([
    ['disabled', 'disabled = true'],
    ['gone', `id = 'somebody else'`],
    ['of a role that is not declared', `role = 'postgres'`],
    ['of the anonymous role', `role = '${PREFIX}_anon'`],
  ])('is refused for an account that is %s, and works again afterwards', async (_, assignment) => {
    const { refresh_token } = await signIn(running.client);
    await change(assignment);
    await expect(refresh(refresh_token)).rejects.toMatchObject(invalidGrant);
    await change(`id = 'ann-1', disabled = false, role = '${PREFIX}_user'`);
    await expect(refresh(refresh_token)).resolves.toBeDefined();
  });

  it('does not let an account look-up choose the issuer, the audience or the end', async () => {
    const { refresh_token } = await signIn(running.client);
    await change(`claims = '{"iss": "me", "aud": "all", "exp": 9999999999, "sub": "bob"}'`);
    const { iss, aud, sub, exp, iat } = decodeJwt((await refresh(refresh_token)).access_token);
    expect({ iss, aud, sub, life: exp! - iat! }).toEqual({
      iss: running.service.issuer,
      aud: 'notes',
      sub: 'ann-1',
      life: 300,
    });
  });
});

describe('a refresh token that is used again', () => {
  it('by two at once brings both an answer', async () => {
    const { refresh_token } = await signIn(running.client);
    const both = await Promise.all([refresh(refresh_token), refresh(refresh_token)]);
    expect(new Set(both.map((tokens) => tokens.refresh_token)).size).toBe(2);
    for (const tokens of both) expect(await notes(running.api, tokens.access_token)).toBe('200 [{"body":"mine"}]');
  });

  it('within the grace stands for an answer that was lost', async () => {
    const { refresh_token } = await signIn(running.client);
    await refresh(refresh_token);
    const again = await refresh(refresh_token);
    await expect(refresh(again.refresh_token!)).resolves.toBeDefined();
  });

  it('within the grace is no matter of another tab, which has tokens of its own', async () => {
    const visitor = new Visitor();
    const tab = await signIn(running.client, visitor);
    // The second in which a tab got its first token tells them apart.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const other = await signIn(running.client, visitor);
    await refresh(tab.refresh_token);
    const next = await refresh(other.refresh_token);
    await refresh(next.refresh_token!);
    await expect(refresh(tab.refresh_token)).resolves.toBeDefined();
  });

  it('within the grace, but after its answer was used, ends the family', async () => {
    const first = await signIn(running.client);
    const second = await refresh(first.refresh_token);
    const third = await refresh(second.refresh_token!);
    await expect(refresh(first.refresh_token)).rejects.toMatchObject(invalidGrant);
    await expect(refresh(third.refresh_token!)).rejects.toMatchObject(invalidGrant);
    expect(running.events).toContainEqual({ event: 'refresh_token_reused' });
  });

  it('after the grace ends the family, whoever stole it', async () => {
    const first = await signIn(running.client);
    const other = await signIn(running.client);
    // The thief is first; the owner's own use tells.
    const thief = await refresh(first.refresh_token);
    await afterGrace();
    await expect(refresh(first.refresh_token)).rejects.toMatchObject(invalidGrant);
    await expect(refresh(thief.refresh_token!)).rejects.toMatchObject(invalidGrant);
    // Another sign-in of the same account is no part of it.
    await expect(refresh(other.refresh_token)).resolves.toBeDefined();
  });
});

describe('what is stored', () => {
  it('lets nobody in: no token, code or cookie stands in any table', async () => {
    const tokens = await signIn(running.client);
    const next = await refresh(tokens.refresh_token);
    const rows = await running.api.sql<{ row: string }>(
      `SELECT t::text AS row FROM ${PREFIX}_tokens.tokens AS t UNION ALL SELECT a::text FROM ${PREFIX}_tokens.attempts AS a`,
    );
    const stored = rows.map(({ row }) => row).join('\n');
    expect(stored).toContain('RefreshToken');
    for (const secret of [tokens.refresh_token, tokens.access_token, tokens.code, next.refresh_token!]) {
      expect(stored).not.toContain(secret);
    }
    expect(stored).not.toContain('"jti"');
  });

  it('outlives a deploy, which leaves the role of the service let in', async () => {
    const { refresh_token } = await signIn(running.client);
    const { databaseUrl, declaration } = running.api;
    await applyDeclaration(connectionOf(databaseUrl), declaration);
    const [may] = await running.api.sql(
      `SELECT has_database_privilege('${PREFIX}_token_service', current_database(), 'CONNECT') AS connect,
        has_schema_privilege('${PREFIX}_token_service', 'api', 'USAGE') AS api,
        has_schema_privilege('${PREFIX}_user', '${PREFIX}_tokens', 'USAGE') AS tokens,
        has_table_privilege('${PREFIX}_token_service', '${PREFIX}_tokens.accounts', 'UPDATE') AS accounts`,
    );
    expect(may).toEqual({ connect: true, api: false, tokens: false, accounts: false });
    await expect(refresh(refresh_token)).resolves.toBeDefined();
  });
});

it('names its key in the header', async () => {
  const { access_token } = await signIn(running.client);
  const jwks = (await (await fetch(`${running.service.issuer}/jwks`)).json()) as { keys: Record<string, string>[] };
  expect(decodeProtectedHeader(access_token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: jwks.keys[0]!['kid'] });
  expect(jwks.keys[0]).not.toHaveProperty('d');
});
