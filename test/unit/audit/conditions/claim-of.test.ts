import { expect, it } from 'vitest';
import { claimOf, claimsOf, type ClaimSources } from '../../../../audit/anywhere/conditions/claim-of.ts';
import { parseExpression } from '../../../../postgres/expressions/parse-expression.ts';

const claims = `current_setting('request.jwt.claims', true)::json`;
const uid = `coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
  (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid`;
const bodies = new Map([
  ['auth.uid', await parseExpression(uid)],
  ['auth.jwt', await parseExpression(`coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb`)],
  ['again', await parseExpression('again()')],
]);
const sources: ClaimSources = {
  bodyOf: (names) => bodies.get(names.join('.')),
  readsClaims: (names) => names.at(-1) === 'claim',
};
const read = { casts: [], settings: ['request.jwt.claims'], hasOther: false, hasIndex: false };

it.each([
  [`${claims} ->> 'sub'`, { ...read, path: ['sub'] }],
  [
    `(SELECT (nullif(current_setting('request.jwt.claims'::text, true), ''::text)::json ->> 'sub'::text)::uuid)`,
    { ...read, path: ['sub'], casts: ['uuid'] },
  ],
  [`${claims} -> 'app' ->> 'tenant'`, { ...read, path: ['app', 'tenant'] }],
  [`${claims} #>> '{app,tenant}'`, { ...read, path: ['app', 'tenant'] }],
  [`${claims} -> 'roles' ->> 0`, { ...read, path: ['roles', '0'], hasIndex: true }],
  [`json_extract_path_text(${claims}, 'app', 'tenant')`, { ...read, path: ['app', 'tenant'] }],
  [`try_cast(${claims} ->> 'sub', NULL::uuid)`, { ...read, path: ['sub'], casts: ['uuid'] }],
  [`private.claim(VARIADIC ARRAY['app'::text, 'tenant'])::int`, { ...read, path: ['app', 'tenant'], casts: ['int4'] }],
  [`coalesce(${claims} ->> 'sub', 'nobody')`, { ...read, path: ['sub'], hasOther: true }],
  [`current_setting('request.jwt.claim.sub', true)`, { ...read, path: ['sub'], settings: ['request.jwt.claim.sub'] }],
  [
    'auth.uid()',
    { ...read, path: ['sub'], casts: ['uuid'], settings: ['request.jwt.claim.sub', 'request.jwt.claims'] },
  ],
  [`auth.jwt() -> 'app_metadata' ->> 'tenant'`, { ...read, path: ['app_metadata', 'tenant'] }],
])('the claim of %s', async (sql, expected) => {
  expect(claimOf(await parseExpression(sql), sources)).toEqual(expected);
});

it.each([
  `current_setting('app.user')`,
  `${claims} ->> name`,
  `upper(${claims} ->> 'sub')`,
  `${claims} -> 'sub'`,
  `(SELECT ${claims} ->> 'sub' FROM users)`,
  `current_setting('request.headers')::json ->> 'sub'`,
  `coalesce('nobody', ${claims} ->> 'sub')`,
  'again()',
])('no claim is all of %s', async (sql) => {
  expect(claimOf(await parseExpression(sql), sources)).toBeUndefined();
});

it('JSON inside of the claims has a path, and the claims an empty one', async () => {
  expect(claimsOf(await parseExpression(claims), sources)?.path).toEqual([]);
  expect(claimsOf(await parseExpression(`auth.jwt() -> 'app' -> 'roles'`), sources)?.path).toEqual(['app', 'roles']);
  expect(claimsOf(await parseExpression(`coalesce(${claims}, '{"sub": 1}')`), sources)).toMatchObject({
    hasOther: true,
  });
});
