import { beforeAll, describe, expect, it } from 'vitest';
import { declare, claim, migration, ownRows, sql, tenant, type Declaration } from '../../../declaration/index.ts';
import { accessState, ADMINS, useCluster, type TestDatabase } from '../../support/database.ts';
import { rejection } from '../../support/errors.ts';

const cluster = useCluster();
const TENANT = '00000000-0000-0000-0000-00000000000a';

type Defaults = NonNullable<NonNullable<Parameters<typeof declare>[0]['tables']>[number]['defaults']>;

const notes = (name: string, defaults: Defaults, more: readonly { file: string; sql: string }[] = []): Declaration =>
  declare({
    name,
    schemas: ['api'],
    roles: { users: [`${name}_user`] },
    migrations: [
      migration(
        '001',
        sql`CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY, tenant_id uuid, author varchar(20), level int, body text DEFAULT ${'-'})`,
      ),
      ...more,
    ],
    tables: [
      {
        name: 'notes',
        grants: [{ to: `${name}_user`, select: true, insert: ['body'] }],
        policies: [
          tenant({ to: `${name}_user`, column: 'tenant_id', claim: 'tenant', type: 'uuid', restrictive: true }),
          ownRows({ to: `${name}_user`, column: 'author', claim: 'sub', type: 'text' }),
        ],
        defaults,
      },
    ],
  });

const all: Defaults = {
  tenant_id: claim('tenant', 'uuid'),
  author: claim('sub'),
  level: claim(['app', 'level'], 'int'),
};

const defaultsOf = async (database: TestDatabase) =>
  Object.fromEntries<unknown>(
    (
      await database.sql(`SELECT attname, pg_get_expr(adbin, adrelid) AS expression FROM pg_attrdef
        JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum WHERE adrelid = 'api.notes'::regclass AND attidentity = '' AND attgenerated = ''`)
    ).map(({ attname, expression }) => [String(attname), expression]),
  );

describe.each(ADMINS)('defaults from claims, applied by a %s', (admin) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await cluster.database(admin);
    await database.apply(notes(database.name, all));
  });
  const insert = (claims: object) =>
    database.request(
      `${database.name}_user`,
      { role: `${database.name}_user`, exp: 4_000_000_000, ...claims },
      `INSERT INTO api.notes (body) VALUES ('mine') RETURNING tenant_id, author, level`,
    );

  it('give new rows what the token says, in the types of the columns', async () => {
    expect(await insert({ tenant: TENANT, sub: 'ann', app: { level: 3 } })).toEqual([
      { tenant_id: TENANT, author: 'ann', level: 3 },
    ]);
  });

  it('are null where a claim is missing or none of the type, so that policies decide', async () => {
    expect(await insert({ tenant: TENANT, sub: 'ann', app: { level: 'high' } })).toMatchObject([{ level: null }]);
    await expect(insert({ sub: 'ann' })).rejects.toThrow('row-level security');
    await expect(insert({ tenant: 'acme', sub: 'ann' })).rejects.toThrow('row-level security');
  });

  it('are not set again when nothing has changed', async () => {
    expect(await database.apply(notes(database.name, all))).toMatchObject({ changes: 0 });
  });

  it.each([
    ['another default', `SET DEFAULT 'someone'`],
    ['none', 'DROP DEFAULT'],
    ['the same value in another expression', 'SET DEFAULT coalesce(%, null)'],
  ])('are set again after a change by hand to %s', async (_, change) => {
    const before = await defaultsOf(database);
    await database.sql(
      `ALTER TABLE api.notes ALTER author ${change.replace('%', String(before['author']).replace(/^\(|\)::.*$/g, ''))}`,
    );
    expect(await defaultsOf(database)).not.toEqual(before);
    const { changes } = await database.apply(notes(database.name, all));
    expect(changes).toBe(1);
    expect(await defaultsOf(database)).toEqual(before);
  });

  it('change, and go with their functions, when the declaration no longer has them', async () => {
    await database.apply(notes(database.name, { author: claim('name') }));
    const { author, ...others } = await defaultsOf(database);
    expect({ author: String(author).includes('default_name_'), others }).toEqual({
      author: true,
      others: { body: "'-'::text" },
    });
    const functions = await database.sql(`SELECT proname FROM pg_proc WHERE proname LIKE 'default\\_%'`);
    expect(functions).toHaveLength(1);
    await database.apply(notes(database.name, {}));
    expect(await defaultsOf(database)).toEqual({ body: "'-'::text" });
    expect(await accessState(database)).not.toContainEqual(
      expect.objectContaining({ name: expect.stringContaining('default_name') as string }),
    );
    await database.apply(notes(database.name, all));
  });

  it('take the place of the default of a migration, which stays elsewhere', async () => {
    const own = {
      file: '002',
      sql: `ALTER TABLE notes ALTER author SET DEFAULT ${database.name}_private.claim('sub')`,
    };
    const { author, ...others } = all;
    await database.apply(notes(database.name, others, [own]));
    expect(String((await defaultsOf(database))['author'])).toContain('claim(');
    await database.apply(notes(database.name, { author: author!, ...others }, [own]));
    expect(String((await defaultsOf(database))['author'])).toContain('default_sub_');
  });

  it('of a missing column, or of another type, fail and change nothing', async () => {
    const before = await defaultsOf(database);
    const missing = await rejection(database.apply(notes(database.name, { autor: claim('sub') })));
    expect(missing.message).toContain('there is no column api.notes.autor (did you mean "author"?)');
    const unfit = await rejection(database.apply(notes(database.name, { level: claim('sub') })));
    expect(unfit.message).toBe(
      `api.notes.level: the column has the type int4, and its default is the claim "sub" as 'text'; ` +
        `give the claim of the default the type 'int' [unfit_column]`,
    );
    expect(await defaultsOf(database)).toEqual(before);
  });
});
