import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditDatabase, diffDeclaration } from '../../../apply/index.ts';
import { declare, membership, ownRows, publicRows } from '../../../declaration/index.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import { type EphemeralPostgrest, startEphemeralPostgrest } from '../../../testing/index.ts';
import { connectionOf } from '../../support/connection-of.ts';

/** Names as object-relational mappers and old databases have them, and ones that only quoting survives. */
const TABLES = [
  'User',
  'Escap3e;',
  'with.dot',
  'with "quotes"',
  "it's",
  'with space',
  'ünïcode',
  'a--b',
  '$1',
  'select',
];
const OWNER = 'ownerId';
const SCHEMA = 'AppData';

const sqlName = (name: string) => `${quoteIdentifier(SCHEMA)}.${quoteIdentifier(name)}`;
/** A table's name as a declaration has it. */
const declared = (name: string) => (/[."]/.test(name) ? `${quoteIdentifier(SCHEMA)}.${quoteIdentifier(name)}` : name);

const declaration = declare({
  name: 'names',
  schemas: [SCHEMA],
  roles: { anonymous: 'Web-Anon', users: ['App-User'] },
  tables: [
    ...TABLES.map((name) => ({
      name: declared(name),
      grants: [
        { to: 'App-User', select: true, insert: [OWNER, 'a.b "c"'], update: ['a.b "c"'], delete: true } as const,
        { to: 'Web-Anon', select: ['Id', 'a.b "c"'] } as const,
      ],
      policies: [
        ownRows({ to: 'App-User', column: OWNER, claim: 'user_id', type: 'int' }),
        publicRows({ to: 'Web-Anon', for: 'select', where: { 'a.b "c"': 'open' } }),
      ],
    })),
    { name: 'Member Ships', grants: [], policies: [] },
    {
      name: '"Docs.v1"',
      grants: [{ to: 'App-User', select: true }],
      policies: [
        membership({
          to: 'App-User',
          column: 'Team Id',
          type: 'int',
          through: { table: 'Member Ships', key: 'Team.Id', member: 'User"Id' },
          claim: 'user_id',
          memberType: 'int',
        }),
      ],
    },
  ],
  functions: [{ name: '"Count.All"', arguments: [], execute: ['App-User'] }],
  migrations: [
    {
      file: '001.sql',
      sql: `${TABLES.map(
        (
          name,
        ) => `CREATE TABLE ${sqlName(name)} ("Id" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "${OWNER}" int NOT NULL, "a.b ""c""" text);
CREATE INDEX ON ${sqlName(name)} ("${OWNER}");`,
      ).join('\n')}
CREATE TABLE ${sqlName('Member Ships')} ("User""Id" int, "Team.Id" int, PRIMARY KEY ("User""Id", "Team.Id"));
CREATE TABLE ${sqlName('Docs.v1')} ("Id" int PRIMARY KEY, "Team Id" int);
CREATE INDEX ON ${sqlName('Docs.v1')} ("Team Id");
CREATE FUNCTION ${sqlName('Count.All')}() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM ${sqlName('User')} $$;`,
    },
  ],
});

let api: EphemeralPostgrest;

beforeAll(async () => {
  api = await startEphemeralPostgrest(declaration);
  for (const name of TABLES) {
    await api.sql(
      `INSERT INTO ${sqlName(name)} ("${OWNER}", "a.b ""c""") VALUES (1, 'mine'), (2, 'open'), (2, 'hidden')`,
    );
  }
  await api.sql(`INSERT INTO ${sqlName('Member Ships')} VALUES (1, 7)`);
  await api.sql(`INSERT INTO ${sqlName('Docs.v1')} VALUES (1, 7), (2, 8)`);
});

afterAll(() => api?.stop());

const pathOf = (name: string) => `/${encodeURIComponent(name)}`;

describe('names that need quotes', () => {
  it.each(TABLES)('serves the rows of "%s" to their owner, and the open ones to anonymous', async (name) => {
    const user = await api.as('App-User', { user_id: 1 });
    const own = await user.fetch(pathOf(name));
    expect(await own.json()).toEqual([{ Id: 1, ownerId: 1, 'a.b "c"': 'mine' }]);
    const open = await fetch(`${api.url}${pathOf(name)}?select=${encodeURIComponent('Id,"a.b \\"c\\""')}`);
    expect(await open.json()).toEqual([{ Id: 2, 'a.b "c"': 'open' }]);
    const inserted = await user.fetch(pathOf(name), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ownerId: 2, 'a.b "c"': 'not mine' }),
    });
    expect(inserted.status).toBe(403);
  });

  it('reads memberships and calls functions', async () => {
    const user = await api.as('App-User', { user_id: 1 });
    expect(await (await user.fetch(pathOf('Docs.v1'))).json()).toEqual([{ Id: 1, 'Team Id': 7 }]);
    expect(await (await user.fetch(`/rpc${pathOf('Count.All')}`)).json()).toBe(1);
  });

  it('finds nothing to change and nothing to warn of', async () => {
    expect(await diffDeclaration(connectionOf(api.databaseUrl), declaration)).toEqual({
      migrations: [],
      statements: [],
      missing: [],
    });
    const findings = await auditDatabase(connectionOf(api.databaseUrl), declaration);
    expect(findings.filter(({ rule }) => rule !== 'known_advisory')).toEqual([]);
  });

  it('measures who reaches which rows', async () => {
    const subjects = {
      user: { role: 'App-User', claims: { user_id: 1 } },
      anonymous: { role: 'Web-Anon', claims: {} },
    };
    const { relations } = await api.access(subjects);
    for (const name of TABLES) {
      const cells = relations
        .find((relation) => relation.name === name)!
        .cells.filter(({ command }) => command === 'select');
      expect(
        cells.map(({ reach }) => 'rows' in reach && reach.rows.length),
        name,
      ).toEqual([1, 1]);
    }
  });
});
