import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { desiredAccess } from '../../../compile/access.ts';
import { applyDeclaration, createRoles } from '../../../apply/index.ts';
import { declare, type DeclarationInput } from '../../../declaration/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { startPostgres, type PostgresServer } from '../../../testing/servers/postgres-server.ts';

const SHORT_CUT = /IF \(coalesce\(strpos[\s\S]+?\)\) IS NOT TRUE/;
const now = Math.floor(Date.now() / 1000);

const kinds: Readonly<Record<string, DeclarationInput['tokens']>> = {
  plain: {},
  rules: { requiredClaims: ['exp', 'team'], issuer: 'https://"id".example', audience: 'api', maximumAgeSeconds: 600 },
  revocation: { revocation: { subject: ['app', 'id'] } },
};

/** Values of each claim, the first of which is in order everywhere. */
const values: Readonly<Record<string, readonly unknown[]>> = {
  exp: [
    now + 600,
    undefined,
    null,
    now - 600,
    now + 600.5,
    now + 0.0,
    `${now + 600}`,
    [now + 600],
    { a: 1 },
    true,
    1e300,
  ],
  nbf: [undefined, null, now, now + 600, 'x', [now], 0.5],
  iat: [now, undefined, null, now - 601, now - 700, now + 600, `${now}`, [now], -1],
  sub: [undefined, 'ann', 'https://ann:...@id', ':...@', { a: 'x://a:...@' }, 7, null],
  iss: ['https://"id".example', undefined, null, 'https://other', ['https://"id".example'], 7],
  aud: ['api', undefined, null, ['api', 'b'], ['b'], [['api']], { api: 1 }, [], 'b'],
  team: ['a', undefined, null, {}, [], false, ''],
  jti: ['id', undefined, null, 7, ['id'], 'j'.repeat(1000), 'j'.repeat(1001)],
  app: [
    { id: 7 },
    undefined,
    null,
    {},
    { id: null },
    [{ id: 7 }],
    { id: [7] },
    { id: { a: 1 } },
    { id: 's'.repeat(1001) },
    'x',
    { id: '07' },
  ],
};

/** Every claim with each of its values, and every pair of claims out of order. */
function* tokens(): Generator<Record<string, unknown>> {
  const good = Object.fromEntries(Object.entries(values).map(([name, [first]]) => [name, first]));
  const bad = Object.entries(values).flatMap(([name, list]) => list.map((value) => ({ [name]: value })));
  yield good;
  yield {};
  for (const one of bad) for (const other of bad) yield { ...good, ...one, ...other };
}

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres({ databases: Object.keys(kinds) });
});
afterAll(() => postgres.stop());

describe.each(Object.entries(kinds))('tokens with rules of kind %s', (kind, rules) => {
  it('have the same answer whether all claims are in order at a glance or are examined one by one', async () => {
    const declaration = declare({
      name: 'glance',
      schemas: ['api'],
      roles: { users: ['glance_user'] },
      tokens: rules!,
    });
    const connection = postgres.connection(kind);
    await withClient(connection, (client) => createRoles(client, declaration, { authenticator: 'only-for-this-test' }));
    await applyDeclaration(connection, declaration);
    const { statement } = desiredAccess(declaration).functions.find(({ name }) => name === 'pre_request')!;
    expect(statement).toMatch(SHORT_CUT);
    const examined = statement.replace(SHORT_CUT, 'IF true').replace('.pre_request()', '.examined()');
    await withClient(connection, async (client) => {
      await client.query(examined);
      await client.query(`
        CREATE FUNCTION glance_private.answer(called text, claims jsonb) RETURNS text LANGUAGE plpgsql AS $$
        DECLARE detail text;
        BEGIN
          PERFORM set_config('request.jwt.claims', claims::text, true);
          EXECUTE format('SELECT glance_private.%I()', called);
          RETURN 'passes';
        EXCEPTION WHEN SQLSTATE 'PT401' THEN
          GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
          RETURN detail;
        END $$`);
      const { rows } = await client.query<{ claims: unknown; glance: string; examined: string }>(
        `SELECT claims, glance_private.answer('pre_request', claims) AS glance, glance_private.answer('examined', claims) AS examined
         FROM jsonb_array_elements($1::jsonb) AS claims`,
        [JSON.stringify([...tokens()])],
      );
      expect(rows.filter(({ glance, examined }) => glance !== examined)).toEqual([]);
      expect(new Set(rows.map(({ glance }) => glance)).size).toBeGreaterThan(5);
      expect(rows.some(({ glance }) => glance === 'passes')).toBe(true);
    });
  }, 120_000);
});
