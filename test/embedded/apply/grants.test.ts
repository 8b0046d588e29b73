import { expect, it } from 'vitest';
import { grantsFrom } from '../../../postgres/catalog/acl.ts';
import { useCluster } from '../../support/database.ts';

const cluster = useCluster();

/** Names that Postgres quotes in what it shows of access privileges, and some that it does not. */
const NAMES = [
  'plain_1',
  'Capitals',
  'with space',
  'a=b',
  'a/b',
  'say "so"',
  '"',
  "it's",
  'back\\slash',
  'a,b',
  '{}',
  'ü',
];

/** One of each kind that has privileges of its own. */
const KINDS = [
  ['r', 'pg_class', 'relacl', 'TABLE t', 't'],
  ['s', 'pg_class', 'relacl', 'SEQUENCE s', 's'],
  ['d', 'pg_database', 'datacl', 'DATABASE $', '$'],
  ['f', 'pg_proc', 'proacl', 'FUNCTION f()', 'f'],
  ['n', 'pg_namespace', 'nspacl', 'SCHEMA n', 'n'],
  ['T', 'pg_type', 'typacl', 'DOMAIN d', 'd'],
  ['p', 'pg_parameter_acl', 'paracl', 'PARAMETER work_mem', 'work_mem'],
] as const;
const NAME_COLUMNS: Record<string, string> = {
  pg_class: 'relname',
  pg_database: 'datname',
  pg_proc: 'proname',
  pg_namespace: 'nspname',
  pg_type: 'typname',
  pg_parameter_acl: 'parname',
};

it('reads access privileges as Postgres itself does', async () => {
  const database = await cluster.database();
  const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;
  await database.sql(`CREATE TABLE t (c int); CREATE SEQUENCE s; CREATE SCHEMA n; CREATE DOMAIN d AS int;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1`);
  for (const name of NAMES) await database.sql(`CREATE ROLE ${quote(name)}`);
  for (const [kind, catalog, column, object, name] of KINDS) {
    const on = object.replace('$', database.name);
    await database.sql(`GRANT ALL ON ${on} TO ${NAMES.map(quote).join(', ')}, PUBLIC`);
    await database.sql(`GRANT ALL ON ${on} TO ${quote(NAMES[1]!)} WITH GRANT OPTION`);
    const [row] = await database.sql(
      `SELECT ${column}::text[] AS acl, (SELECT json_agg(json_build_object(
          'grantee', coalesce(r.rolname, 'public'), 'privilege', privilege_type, 'grantable', is_grantable))
        FROM aclexplode(${column}) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee WHERE r.rolname IS DISTINCT FROM 'postgres') AS grants
      FROM ${catalog} WHERE ${NAME_COLUMNS[catalog]} = $1`,
      [name.replace('$', database.name)],
    );
    expect(grantsFrom(row!['acl'] as string[], 'postgres'), kind).toEqual(row!['grants']);
  }
});

it('does not take what it does not understand for nothing', () => {
  expect(grantsFrom(null, 'owner')).toEqual([]);
  expect(grantsFrom(['somebody=Z*r/owner'], 'owner')).toEqual([
    { grantee: 'somebody', privilege: 'Z', grantable: true },
    { grantee: 'somebody', privilege: 'SELECT', grantable: false },
  ]);
  expect(() => grantsFrom(['somebody'], 'owner')).toThrow('not understood');
  expect(() => grantsFrom(['somebody=r+/owner'], 'owner')).toThrow('not understood');
});
