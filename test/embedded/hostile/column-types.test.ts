import { catalogScope } from '../../../compile/catalog-scope.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCompared, type ComparedCatalog } from '../../../postgres/catalog/read-catalog.ts';
import { checkPolicyColumns } from '../../../apply/fit-columns.ts';
import { configureSession } from '../../../postgres/session.ts';
import {
  claimList,
  declare,
  membership,
  ownRows,
  type ClaimType,
  type Declaration,
  type PolicyInput,
} from '../../../declaration/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { accessState, useCluster, type TestDatabase } from '../../support/database.ts';

const cluster = useCluster();

const to = 'types_user';
const uuid = '00000000-0000-0000-0000-00000000000a';
/** By the type of a column the value that its row holds; the last ones are types without a claim of their own. */
const columns: Readonly<Record<string, string>> = {
  ...{
    text: 'a',
    'varchar(4)': 'a',
    'char(4)': 'a',
    '"char"': 'a',
    name: 'a',
    'public.citext': 'a',
    shouted: 'A',
    grade: 'a',
    graded: 'a',
  },
  ...{ uuid, int2: '5', int4: '5', int8: '5', whole: '5', numeric: '5', 'numeric(3,1)': '5', bool: 'true' },
  ...{ float4: '5', float8: '5', money: '5', oid: '4294967295', xid: '5', regclass: 'pg_class' },
  ...{ regrole: 'postgres', date: '2000-01-01', timestamp: '2000-01-01', timestamptz: '2000-01-01', time: '10:00' },
  ...{
    interval: '1 day',
    json: '5',
    jsonb: '5',
    bytea: 'a',
    inet: '127.0.0.1',
    cidr: '127.0.0.1',
    macaddr: '08:00:2b:01:02:03',
  },
  ...{
    'bit(4)': '1010',
    int4range: '[1,2)',
    'text[]': '{a}',
    'int4[]': '{5}',
    point: '(1,2)',
    pg_lsn: '0/1',
    tsvector: 'a',
  },
};
const tables = Object.keys(columns).map((column, index) => ({
  column,
  name: `t${index}`,
  members: `internal.m${index}`,
}));
type TypedTable = (typeof tables)[number];

const types: readonly ClaimType[] = ['text', 'uuid', 'int', 'bigint', 'int2', 'int4', 'int8', 'numeric', 'boolean'];

const numbers = types.filter((type) => /int|numeric/.test(type));

/** The ways in which a template uses a column; the claim of each policy is named after way and type. */
const uses: Readonly<Record<string, (table: TypedTable, type: ClaimType) => PolicyInput>> = {
  own: (_, type) => ownRows({ to, name: `own_${type}`, column: 'v', claim: `own_${type}`, type }),
  list: (_, type) => claimList({ to, name: `list_${type}`, column: 'v', claim: `list_${type}`, type }),
  member: ({ members }, type) =>
    membership({
      ...{ to, name: `member_${type}`, column: 'id', type: 'int', claim: `member_${type}`, memberType: type },
      through: { table: members, key: 'id', member: 'v' },
    }),
  key: ({ members }, type) =>
    membership({
      ...{ to, name: `key_${type}`, column: `a_${type}`, type, claim: `key_${type}`, memberType: 'text' },
      through: { table: members, key: 'v', member: 'who' },
    }),
};

interface Candidate {
  readonly table: TypedTable;
  readonly use: string;
  readonly type: ClaimType;
  readonly policy: PolicyInput;
}
const candidates: readonly Candidate[] = tables.flatMap((table) =>
  Object.entries(uses).flatMap(([use, of]) => types.map((type) => ({ table, use, type, policy: of(table, type) }))),
);

/** Texts that some type cannot hold, or that a conversion would make another value of. */
const hostile: readonly string[] = [
  ...'1e400 -1e400 1e308 1e39 1e-400 NaN Infinity 5.4 -1 32768 2147483648 1099511627776 16777217'.split(' '),
  ...`9007199254740993 9223372036854775807 ${'9'.repeat(400)} A aa é false null {} 2001-02-03`.split(' '),
  ...['', 'a ', 'x'.repeat(300), 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
];

/** Further values of some columns: whole numbers that not all floats are, and one that no int holds. */
const others: Readonly<Record<string, readonly string[]>> = {
  ...{ float4: ['16777216'], float8: ['16777216', '9007199254740992'] },
  ...{ int8: ['1099511627777'], whole: ['1099511627777'], numeric: ['1099511627777'] },
};

const migration = {
  file: '1.sql',
  sql: [
    `CREATE TYPE grade AS ENUM ('a', 'b'); CREATE DOMAIN graded AS grade;
     CREATE DOMAIN whole AS int8 CHECK (VALUE > 0); CREATE DOMAIN shouted AS text CHECK (VALUE = upper(VALUE));`,
    ...tables.map(({ column, name, members }) => {
      const values = [columns[column]!, ...(others[column] ?? [])];
      return `
        CREATE TABLE ${name} (id int, v ${column}, ${types.map((type) => `a_${type} ${type}`).join(', ')});
        INSERT INTO ${name} (id, v, a_text) SELECT 1, v, v::text FROM (VALUES ${values.map((value) => `('${value}'::${column})`).join(', ')}) AS given (v);
        UPDATE ${name} SET a_uuid = '${uuid}', a_boolean = true, ${numbers.map((type) => `a_${type} = 5`).join(', ')};
        CREATE TABLE ${members} (id int, v ${column}, who text);
        INSERT INTO ${members} SELECT id, v, 'me' FROM ${name};`;
    }),
  ].join('\n'),
};

function declared(
  prefix: string,
  using: readonly TypedTable[],
  policies: readonly Candidate[] = [],
  migrations = [migration],
): Declaration {
  const own = (table: TypedTable) => policies.filter((candidate) => candidate.table === table);
  return declare({
    name: prefix,
    schemas: ['api'],
    internalSchemas: ['internal'],
    roles: { users: [to] },
    migrations,
    tables: using.flatMap((table) => [
      {
        name: table.name,
        grants: own(table).length === 0 ? [] : [{ to, select: true as const }],
        policies: own(table).map(({ policy }) => policy),
      },
      { name: table.members },
    ]),
  });
}

let database: TestDatabase;
let catalog: ComparedCatalog;
beforeAll(async () => {
  database = await cluster.database();
  await database.sql('CREATE EXTENSION citext');
  const empty = declared(database.name, tables);
  await database.apply(empty);
  catalog = await withClient(database.admin, async (client) => {
    await configureSession(client);
    return readCompared({ client, scope: catalogScope(empty) });
  });
});

/** Whether the policy alone passes the check, on the catalog of the real tables. */
function fits(candidate: Candidate): boolean {
  try {
    checkPolicyColumns(declared(database.name, [candidate.table], [candidate], []), catalog);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'unfit_column' });
    return false;
  }
}

describe('a column and the type of a claim', () => {
  it('are accepted together only where no claim makes the comparison fail, or equal another value', async () => {
    const accepted = candidates.filter(fits);
    const columnsOf = (wanted: string, type: ClaimType) =>
      accepted.filter((found) => found.use === wanted && found.type === type).map(({ table }) => table.column);
    const text = ['text', 'varchar(4)', 'char(4)', '"char"', 'name', 'public.citext', 'shouted'];
    const exact = ['int2', 'int4', 'int8', 'whole', 'numeric', 'numeric(3,1)'];
    for (const use of ['own', 'list', 'member']) {
      expect(types.map((type) => [type, columnsOf(use, type)])).toEqual(
        Object.entries({
          ...{ text, uuid: ['uuid'], int: [...exact, 'float4', 'float8'], bigint: exact },
          ...{ int2: [...exact, 'float4', 'float8'], int4: [...exact, 'float4', 'float8'], int8: exact },
          ...{ numeric: exact, boolean: ['bool'] },
        }),
      );
    }
    expect(['int2', 'int', 'bigint', 'numeric'].map((type) => columnsOf('key', type as ClaimType))).toEqual([
      ['int2'],
      ['int2', 'int4'],
      ['int2', 'int4', 'int8', 'whole'],
      exact,
    ]);

    await database.apply(declared(database.name, tables, accepted));
    await withClient(database.superuser, async (client) => {
      await client.query(`BEGIN; SET LOCAL ROLE ${to}`);
      const rows = async ({ name }: TypedTable, claims: object) => {
        await client.query(`SELECT set_config('request.jwt.claims', $1, true)`, [JSON.stringify(claims)]);
        return (await client.query(`SELECT id FROM api.${name}`)).rowCount;
      };
      const claimOf = ({ use, type }: Candidate, value: string) => ({
        [`${use}_${type}`]: use === 'list' ? [value] : value,
      });
      for (const table of new Set(accepted.map((candidate) => candidate.table))) {
        const own = accepted.filter((candidate) => candidate.table === table);
        for (const value of hostile.filter((text) => text !== columns[table.column])) {
          const claims = Object.assign({}, ...own.map((candidate) => claimOf(candidate, value))) as object;
          expect(await rows(table, claims), `${table.column}: ${value.slice(0, 40)}`).toBe(0);
        }
        for (const candidate of own) {
          const claim = claimOf(candidate, candidate.use === 'key' ? 'me' : columns[table.column]!);
          expect(await rows(table, claim), `${table.column} as ${candidate.use}_${candidate.type}`).toBeGreaterThan(0);
        }
      }
    });
  });

  it.each([
    ['own', 'float8', 'numeric', 'api.T.v', 'float8', "type: 'int'"],
    ['own', 'float4', 'numeric', 'api.T.v', 'float4', "type: 'int'"],
    ['list', 'float8', 'numeric', 'api.T.v', 'float8', "type: 'int'"],
    ['member', 'float8', 'numeric', 'internal.M.v', 'float8', "memberType: 'int'"],
    ['own', 'oid', 'bigint', 'api.T.v', 'oid', 'a column of the type int2, int4, int8, numeric'],
    ['own', 'grade', 'text', 'api.T.v', 'enum', 'a column of the type text'],
    ['key', 'int8', 'int', 'internal.M.v', 'int8', "type: 'bigint'"],
    ['key', 'whole', 'int', 'internal.M.v', 'int8', "type: 'bigint'"],
    ['key', 'numeric', 'bigint', 'internal.M.v', 'numeric', "type: 'numeric'"],
  ])('are refused, and nothing is changed: %s of %s as %s', async (use, column, type, at, found, fix) => {
    const candidate = candidates.find(
      ({ table, ...other }) => table.column === column && other.use === use && other.type === type,
    )!;
    const before = await accessState(database);
    const place = at.replace('T', candidate.table.name).replace('internal.M', candidate.table.members);
    await expect(database.apply(declared(database.name, tables, [candidate]))).rejects.toMatchObject({
      code: 'unfit_column',
      message: expect.stringMatching(`^${place}: the column has the type ${found}, .*'${type}'.*${fix}`) as string,
    });
    expect(await accessState(database)).toEqual(before);
  });
});
