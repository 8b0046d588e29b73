import { describe, expect, it } from 'vitest';
import { custom, declare } from '../../../declaration/index.ts';
import { refusal } from '../../support/errors.ts';

const withCondition = (sql: string) =>
  declare({
    name: 'x',
    schemas: ['api'],
    roles: { users: ['u'] },
    tables: [
      {
        name: 'notes',
        grants: [{ to: 'u', select: true }],
        policies: [custom({ to: 'u', using: { file: 'own.sql', sql } })],
      },
    ],
  });

const claim = `:"private".claim('sub')`;
const setting = `nullif(current_setting('request.jwt.claims', true), '')::json`;

describe('a condition in which the cast of a claim may fail is refused', () => {
  it.each([
    ['of a subquery', `a = (SELECT ${claim})::int`],
    ['inside of a subquery', `a = (SELECT ${claim}::int)`],
    ['with a comment and a line between', `a = (SELECT ${claim} -- mine\n) /* as */ :: uuid`],
    ['as CAST', `a = CAST(${claim} AS uuid)`],
    ['as CAST with other casts in it', `a = CAST((SELECT CAST(${claim} AS text)) AS uuid)`],
    ['by a quoted type in a schema', `a = (SELECT ${claim})::pg_catalog."int4"`],
    ['to a type of two words', `a = (SELECT ${claim})::double precision`],
    ['with a length', `a = (SELECT ${claim})::numeric(10, 2)`],
    ['to a type of your own', `a = (SELECT ${claim})::api.colour`],
    ['to an array', `a = ANY ((SELECT ${claim})::text[])`],
    ['over another cast', `a = (SELECT ${claim})::text::int`],
    ['over a cast with a length', `a = (SELECT ${claim})::varchar(10)::int`],
    ['of one of several', `a = coalesce((SELECT ${claim}), '0')::int`],
    ['of one in an array', `a = (ARRAY[(SELECT ${claim})])[1]::int`],
    [
      'of the members of a list',
      `a IN (SELECT m::int FROM :"private".claim_list('l') AS m) OR (SELECT ${claim})::bool`,
    ],
    ['of claim_list', `a = ANY (ARRAY(SELECT :"private".claim_list('l')::int))`],
    ['of the setting', `a = (${setting} ->> 'sub')::int`],
    ['of an object in the setting', `(${setting} ->> 'meta')::jsonb ? 'a'`],
    ['of a claim as JSON', `(SELECT ${claim})::jsonb ? 'a'`],
    ['of a header', `a = (current_setting('request.headers', true)::json ->> 'x-tenant')::uuid`],
    ['of the path', `a = current_setting('request.path', true)::int`],
    ['with the type as a function', `a = uuid(${claim})`],
    ['to_number', `a = to_number((SELECT ${claim}), '9')`],
    ['to the members of what may be no list', `a IN (SELECT jsonb_array_elements_text(${setting}::jsonb -> 'l'))`],
    ['in a nested condition', `true AND (b IS NULL OR (a = (SELECT ${claim})::int AND NOT (c)))`],
    ['widened after it was tried', `a = (SELECT :"private".try_cast(${claim}, NULL::bigint))::int`],
  ])('%s', (_, sql) => {
    const error = refusal(() => withCondition(`b\nAND ${sql}`));
    expect(error.code).toBe('unsafe_claim_cast');
    expect(error.message).toMatch(/^own\.sql:[23]: (the cast to .*|\w+) fails for some tokens/);
    expect(error.message).toContain(':"private".');
  });

  it('with the form that is meant, in which the type stands', () => {
    const { message } = refusal(() => withCondition(`a = (SELECT ${claim})::pg_catalog.uuid`));
    expect(message).toContain(`(SELECT :"private".try_cast(:"private".claim('name'), NULL::uuid))`);
  });
});

describe('a condition that cannot fail is taken', () => {
  it.each([
    ['try_cast', `a = (SELECT :"private".try_cast(${claim}, NULL::int))`],
    ['try_cast of the setting', `a = (SELECT :"private".try_cast(${setting} ->> 'sub', NULL::uuid))`],
    ['the claim as it is', `a = (SELECT ${claim})`],
    ['the claim as text', `a = (SELECT ${claim})::text OR a = CAST(${claim} AS character varying(10))`],
    ['the setting as JSON', `(SELECT ${setting} ->> 'sub') = a`],
    ['members as text', `a = ANY (ARRAY(SELECT :"private".claim_list('l')))`],
    [
      'members that are tried',
      `a = ANY (ARRAY(SELECT :"private".try_cast(m, NULL::int) FROM :"private".claim_list('l') AS m))`,
    ],
    ['casts of columns beside it', `a::text = (SELECT ${claim}) AND b::int > 0 AND c = '7'::int`],
    ['casts in a comment or a text', `a = (SELECT ${claim}) /* ${claim}::int */ AND b <> 'claim(x)::int'`],
    ['other settings', `a = current_setting('app.tenant')::int`],
    ['a column named like the function', `claim::int = 7 AND t.claim::int = 7`],
  ])('%s', (_, sql) => {
    expect(withCondition(sql)).toBeDefined();
  });
});
