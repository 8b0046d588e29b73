import fc from 'fast-check';
import { loadModule, parseSync } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { custom, declare } from '../../../declaration/index.ts';
import { desiredAccess } from '../../../compile/access.ts';
import { SecuredPostgrestError } from '../../../errors/secured-postgrest-error.ts';
import { refusal } from '../../support/errors.ts';
import { FUZZ_RUNS } from '../../support/fuzz.ts';
import { hostileText } from '../../support/hostile-text.ts';

beforeAll(() => loadModule());

const withCondition = (sql: string, values?: Record<string, string>) =>
  declare({
    name: 'x',
    schemas: ['api'],
    roles: { users: ['u'] },
    tables: [
      {
        name: 'notes',
        grants: [{ to: 'u', update: true }],
        policies: [custom({ to: 'u', using: { file: 'own.sql', sql }, ...(values && { values }) })],
      },
    ],
  });

describe('a custom condition', () => {
  it.each([
    ['a semicolon', 'true; DROP TABLE x', 'own.sql:1: a condition cannot hold ";"'],
    ['a closed bracket', 'true\n) WITH CHECK (true', 'own.sql:2: ")" closes nothing'],
    ['an open bracket', '(true', 'own.sql: "(" is not closed'],
    ['mixed brackets', '(a[1)]', 'own.sql:1: ")" closes nothing'],
    ['an escape string with a doubled quote', `x = E'''\\'`, 'own.sql:1: a string, name or comment is not closed'],
    ['an open string', "x = 'a", 'own.sql:1: a string, name or comment is not closed'],
    ['an open comment', 'true /* /* */', 'own.sql:1: a string, name or comment is not closed'],
    ['nothing', ' -- nothing\n', 'own.sql: the condition is empty'],
    ['a NUL', 'true\0', 'own.sql: the file holds a NUL character'],
    ['a comment that ends early', 'true -- x\r) WITH CHECK (true', 'closes nothing'],
    ['an escape string that goes on', `x = E'a'\n'\\'' ) WITH CHECK (true --'`, 'closes nothing'],
  ])('with %s is refused', (_, sql, message) => {
    const error = refusal(() => withCondition(sql));
    expect(error.code).toBe('invalid_sql');
    expect(error.message).toContain(message);
  });

  it('with a value that changes what follows it is refused', () => {
    // The value makes an escape string, in which the backslash of the next line would no longer be one.
    const sql = `x = :'value'\n'\\' AND (a = ' OR true) --'\n)`;
    expect(refusal(() => withCondition(sql, { value: '\\' })).code).toBe('invalid_sql');
  });

  it('with an unknown placeholder is refused', () => {
    const error = refusal(() => withCondition(`a = 1\nAND b = :'nobody'`));
    expect(error.code).toBe('unknown_placeholder');
    expect(error.message).toMatch(/^own\.sql:2: .*:'nobody'.*use one of private/);
    expect(refusal(() => withCondition(':{fragment}')).code).toBe('unknown_placeholder');
    expect(refusal(() => withCondition(`a = :'constructor'`)).code).toBe('unknown_placeholder');
  });

  it('that reads claims in the old way is refused, with the modern form', () => {
    const old = `user_id = current_setting('request.jwt.claim.user_id', true)::int`;
    const error = refusal(() => withCondition(`-- own\n${old}`));
    expect(error.code).toBe('legacy_claim_setting');
    expect(error.message).toContain('own.sql:2: "request.jwt.claim.user_id"');
    expect(error.message).toContain(`(SELECT :"private".claim('user_id'))`);
    expect(error.message).toContain(
      `(SELECT nullif(current_setting('request.jwt.claims', true), '')::json ->> 'user_id')`,
    );
    expect(withCondition(`true -- not request.jwt.claim.user_id`)).toBeDefined();
  });

  it.each([
    [
      'in both forms',
      `id = coalesce(current_setting('request.jwt.claim.sub', true), current_setting('request.jwt.claims', true)::json ->> 'sub')`,
    ],
    [
      'in both forms, with a path',
      `id = coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), current_setting('request.jwt.claims', true)::jsonb #>> '{sub}')`,
    ],
    [
      'by a name in both forms',
      `id = coalesce(current_setting('request.jwt.claim.' || c, true), current_setting('request.jwt.claims', true)::json ->> c)`,
    ],
    ['a header in the present form', `a = current_setting('request.headers', true)::json ->> 'x-a'`],
    ['a column of that name', 'request.header.a = 1'],
  ])('that reads %s passes', (_, sql) => {
    expect(withCondition(sql)).toBeDefined();
  });

  it.each([
    [
      'a name built from parts',
      `id = current_setting('request.jwt.claim.' || c, true)`,
      `names begin with "request.jwt.claim."`,
    ],
    [
      'a name built from smaller parts',
      `id = current_setting(concat('request.jwt.claim', '.', c), true)`,
      `names begin with "request.jwt.claim"`,
    ],
    [
      'a formatted name',
      `id = current_setting(format('request.jwt.claim.%s', c), true)`,
      `names begin with "request.jwt.claim."`,
    ],
    [
      'one claim in the old form and another in both',
      `a = coalesce(current_setting('request.jwt.claim.sub', true), current_setting('request.jwt.claims', true)::json ->> 'sub') AND b = current_setting('request.jwt.claim.tenant', true)`,
      '"request.jwt.claim.tenant" is not set',
    ],
    [
      'a header',
      `a = current_setting('request.header.x-a', true)`,
      `current_setting('request.headers', true), '')::json ->> 'x-a'`,
    ],
    ['a cookie', `a = current_setting('request.cookie.a', true)`, '"request.cookie.a" is not set'],
    [
      'a claim in capitals, which name the same setting',
      `id = current_setting('REQUEST.JWT.CLAIM.sub', true)`,
      `(SELECT nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')`,
    ],
  ])('that reads %s is refused', (_, sql, message) => {
    const error = refusal(() => withCondition(sql));
    expect(error.code).toBe('legacy_claim_setting');
    expect(error.message).toContain(message);
  });

  it('is one statement, as are those of a migration: each is checked by itself', () => {
    const migration = (sql: string) =>
      declare({ name: 'x', schemas: ['api'], roles: { users: ['u'] }, migrations: [{ file: '1.sql', sql }] });
    const both = `coalesce(current_setting('request.jwt.claim.sub', true), current_setting('request.jwt.claims', true)::json ->> 'sub')`;
    expect(
      migration(`CREATE FUNCTION uid() RETURNS text LANGUAGE sql AS $$ -- request.jwt.claim.role\nSELECT ${both} $$;`),
    ).toBeDefined();
    const error = refusal(() => migration(`SELECT ${both};\nSELECT current_setting('request.jwt.claim.sub', true);`));
    expect(error.message).toMatch(/^1\.sql:2: "request\.jwt\.claim\.sub"/);
  });

  it('stays one condition of one policy, or is refused', () => {
    let accepted = 0;
    fc.assert(
      fc.property(hostileText, hostileText, (sql, value) => {
        let statement: string;
        try {
          statement = desiredAccess(withCondition(sql, { value })).policies[0]!.statement;
        } catch (error) {
          expect(error).toBeInstanceOf(SecuredPostgrestError);
          return;
        }
        let parsed: ReturnType<typeof parseSync>;
        try {
          parsed = parseSync(statement);
        } catch {
          return;
        }
        accepted++;
        expect(parsed.stmts).toHaveLength(1);
        const policy = (parsed.stmts![0]!.stmt as { CreatePolicyStmt: Record<string, unknown> }).CreatePolicyStmt;
        expect(policy).toMatchObject({ policy_name: 'custom_update_u', cmd_name: 'update', permissive: true });
        // Both clauses are there, so that none was cut off or written by the condition.
        const positions = /"location":\d+/g;
        const plain = (node: unknown) => JSON.stringify(node).replace(positions, '');
        expect(plain(policy['with_check'])).toBe(plain(policy['qual']));
      }),
      { numRuns: FUZZ_RUNS * 5 },
    );
    expect(accepted).toBeGreaterThan(FUZZ_RUNS / 20);
  });
});
