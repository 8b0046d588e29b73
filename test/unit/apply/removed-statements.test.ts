import { describe, expect, it } from 'vitest';
import { readRemoved } from '../../../apply/removed-statements.ts';
import { removedLines } from '../../../apply/removed.ts';
import { allRows, declare } from '../../../declaration/index.ts';

const removed = async (sql: string) =>
  removedLines(
    await readRemoved(
      declare({
        name: 'app',
        schemas: ['api'],
        roles: { anonymous: 'app_anon', users: ['app_user'] },
        tables: [
          {
            name: 'todos',
            grants: [{ to: 'app_user', select: true, insert: ['title'] }],
            policies: [allRows({ to: 'app_user', name: 'every' })],
          },
        ],
        functions: [{ name: 'f', execute: 'app_user' }],
        migrations: [{ file: 'migrations/003.sql', sql: `\n${sql}` }],
      }),
    ),
  );

describe('what a declaration overrules in a migration', () => {
  it.each([
    [
      'GRANT SELECT ON todos TO app_anon',
      'removed: GRANT SELECT ON api.todos TO app_anon (migrations/003.sql:2), not declared; to keep it, declare ' +
        `tables: [{ name: 'api.todos', grants: [{ to: 'app_anon', select: true }], policies: […] }]`,
    ],
    [
      'GRANT ALL ON api.todos TO app_user',
      `GRANT INSERT, UPDATE, DELETE ON api.todos TO app_user (migrations/003.sql:2), not declared`,
    ],
    ['GRANT SELECT, UPDATE (title) ON todos TO app_user', `{ to: 'app_user', update: ['title'] }`],
    ['GRANT SELECT ON todos TO PUBLIC', 'to keep it, declare it for each role'],
    ['GRANT SELECT ON todos TO analyst', 'to keep it, declare the role "analyst" and tables:'],
    [
      'GRANT TRUNCATE ON todos TO app_user',
      'GRANT TRUNCATE ON api.todos TO app_user (migrations/003.sql:2), not declared; remove it',
    ],
    ['GRANT EXECUTE ON FUNCTION f(int) TO app_anon', `functions: [{ name: 'api.f', execute: 'app_anon' }]`],
    ['GRANT USAGE ON SEQUENCE todos_id_seq TO app_anon', 'a grant of insert on the table that uses it'],
    [
      'CREATE SEQUENCE numbers; GRANT USAGE ON SEQUENCE numbers TO app_user',
      'removed: GRANT USAGE ON SEQUENCE api.numbers TO app_user',
    ],
    ['GRANT USAGE, CREATE ON SCHEMA api TO app_user', 'removed: GRANT CREATE ON SCHEMA api TO app_user'],
    ['GRANT SELECT ON ALL TABLES IN SCHEMA api TO app_user', 'declare the grants of each table or function'],
    ['GRANT CREATE ON DATABASE app TO app_user', 'removed: GRANT CREATE ON DATABASE app TO app_user'],
    [
      'REVOKE SELECT ON todos FROM app_user',
      'removed: REVOKE SELECT ON api.todos FROM app_user (migrations/003.sql:2), the grant is declared; remove it from the declaration',
    ],
    [
      'CREATE POLICY own ON todos AS RESTRICTIVE FOR SELECT TO app_user USING (true)',
      `declare it for api.todos: custom({ name: 'own', for: 'select', to: 'app_user', restrictive: true, using: sqlFile('policies/own.sql') })`,
    ],
    ['DROP POLICY every_select ON todos', 'the policy is declared; change its declaration'],
    ['ALTER POLICY every_select ON todos USING (false)', 'the policy is declared; change its declaration'],
    ['ALTER TABLE todos DISABLE ROW LEVEL SECURITY', 'row security is always on'],
    [
      'ALTER TABLE todos OWNER TO postgres',
      'removed: ALTER TABLE todos OWNER TO postgres (migrations/003.sql:2), app_owner owns every object; remove it',
    ],
    ['ALTER FUNCTION f(int) OWNER TO postgres', 'app_owner owns every object'],
    [
      'ALTER DEFAULT PRIVILEGES IN SCHEMA api GRANT SELECT ON TABLES TO app_anon',
      'declare the grants of each new table',
    ],
    [
      'ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT SELECT ON TABLES TO app_anon',
      'declare the grants of each new table',
    ],
  ])('is said: %s', async (sql, line) => {
    expect((await removed(sql)).join('\n')).toContain(line);
  });

  it.each([
    'GRANT SELECT, INSERT (title) ON todos TO app_user',
    'GRANT ALL ON todos TO app_owner',
    'GRANT EXECUTE ON FUNCTION f(int) TO app_user',
    'GRANT USAGE ON SCHEMA api TO app_user',
    'GRANT USAGE ON SEQUENCE todos_id_seq TO app_user',
    'REVOKE ALL ON todos FROM app_anon, PUBLIC',
    'GRANT SELECT ON elsewhere.words TO app_user',
    'CREATE POLICY own ON elsewhere.words USING (true)',
    'ALTER TABLE todos ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
    'ALTER TABLE todos OWNER TO app_owner',
    'ALTER TABLE todos OWNER TO CURRENT_USER',
    'ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC',
    'CREATE SCHEMA api',
  ])('is not said of what it keeps: %s', async (sql) => {
    expect(await removed(sql)).toEqual([]);
  });

  it('is said once for many statements alike', async () => {
    const lines = await removed('ALTER TABLE todos OWNER TO postgres;\n'.repeat(60));
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe('removed: 50 more, app_owner owns every object');
  });
});
