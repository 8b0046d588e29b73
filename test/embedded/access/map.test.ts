import { describe, expect, it } from 'vitest';
import type { AccessMap } from '../../../access/picture/access-map.ts';
import { differences } from '../../../access/picture/compare-maps.ts';
import projects from '../../../examples/projects/declaration.ts';
import todos from '../../../examples/todos/declaration.ts';
import { accessMap } from '../../../testing/index.ts';
import { useCluster } from '../../support/database.ts';

const cluster = useCluster();

const cellOf = (map: AccessMap, name: string, role: string, command: string) =>
  map.relations
    .find((relation) => relation.name === name)!
    .cells.find((one) => one.role === role && one.command === command)!;

describe('the access map', () => {
  it('of the example todos has the words of the declaration', async () => {
    const map = await accessMap(todos);
    expect(cellOf(map, 'todos', 'todos_anon', 'select')).toMatchObject({ reach: 'some', words: 'rows where public' });
    expect(cellOf(map, 'todos', 'todos_user', 'select').words).toBe('own rows (user_id), or rows where public');
    expect(cellOf(map, 'todos', 'todos_anon', 'delete').reach).toBe('refused');
  });

  it('of a deployed database is as declared, until a policy is changed by hand', async () => {
    const database = await cluster.database();
    await database.apply(projects);
    const compare = () => accessMap(database.admin, { declaration: projects });
    const before = await compare();
    expect(differences(before)).toBe(0);
    const written = cellOf(await accessMap(projects), 'plans', 'projects_anon', 'select').words;
    expect(cellOf(before, 'plans', 'projects_anon', 'select').words).toBe(written);

    const { policies } = cellOf(before, 'plans', 'projects_anon', 'select');
    await database.sql(`ALTER POLICY "${policies[0]!.name}" ON api.plans USING (true)`);
    const after = await compare();
    const found = cellOf(after, 'plans', 'projects_anon', 'select');
    expect(found).toMatchObject({ reach: 'all', words: 'all rows', declared: { reach: 'some', words: written } });
    // The anonymous role, members and managers.
    expect(differences(after)).toBe(3);
  });

  it('of a database without a declaration has words for its conditions, and its SQL for others', async () => {
    const database = await cluster.database();
    await database.sql(`
      CREATE ROLE web_anon; CREATE ROLE member;
      CREATE SCHEMA api; GRANT USAGE ON SCHEMA api TO web_anon, member;
      CREATE TABLE api.teams (team_id int, user_id text);
      CREATE TABLE api.notes (id int PRIMARY KEY, user_id text, team_id int, status text, archived boolean, shown_from timestamptz);
      CREATE TABLE api.open (id int); GRANT SELECT ON api.open TO web_anon;
      ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY;
      GRANT SELECT ON api.teams TO member;
      GRANT SELECT, UPDATE, DELETE ON api.notes TO member; GRANT SELECT (id) ON api.notes TO web_anon;
      CREATE POLICY public ON api.notes FOR SELECT TO web_anon
        USING (status IN ('open', 'done') AND NOT archived AND (shown_from IS NULL OR shown_from <= now()));
      CREATE POLICY own ON api.notes FOR SELECT TO member
        USING (user_id = (SELECT current_setting('request.jwt.claims', true)::json ->> 'sub'));
      CREATE POLICY team ON api.notes FOR UPDATE TO member USING (team_id IN (SELECT team_id FROM api.teams
        WHERE user_id = (current_setting('request.jwt.claims', true)::json ->> 'sub')));
      CREATE POLICY odd ON api.notes FOR DELETE TO member USING (length(status) > id);
      CREATE VIEW api.all_notes AS SELECT * FROM api.notes; GRANT SELECT ON api.all_notes TO web_anon;
      CREATE FUNCTION api.count_notes() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM api.notes';
      REVOKE ALL ON FUNCTION api.count_notes FROM PUBLIC; GRANT EXECUTE ON FUNCTION api.count_notes TO member`);
    const map = await accessMap(database.superuser, {
      roles: ['web_anon', 'member'],
      anonymous: 'web_anon',
      schemas: ['api'],
    });
    const words = (role: string, command: string, name = 'notes') => cellOf(map, name, role, command).words;
    expect(words('web_anon', 'select')).toBe(
      'rows where status is open or done and not archived and shown_from is empty or shown_from is past'.replace(
        /where (.*?) and (not archived) and (.*)$/,
        'where ($1) and $2 and ($3)',
      ),
    );
    expect(words('member', 'select')).toBe('own rows (user_id)');
    expect(words('member', 'update')).toBe('rows of a team that teams links to them');
    expect(words('member', 'delete')).toBe('rows where length(status) > id');
    expect(words('web_anon', 'select', 'open')).toBe('all rows: row security is off');
    expect(cellOf(map, 'all_notes', 'web_anon', 'select')).toMatchObject({ reach: 'all', words: 'all of its rows' });
    expect(cellOf(map, 'notes', 'web_anon', 'select').columns).toEqual(['id']);
    expect(map.functions).toMatchObject([{ name: 'count_notes', isDefiner: true, roles: ['member'] }]);
  });
});
