import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { typesOfDeclaration } from '../../../cli/types/types-of.ts';
import { allRows, declare, migration, sql, type Declaration } from '../../../declaration/index.ts';
import projects from '../../../examples/projects/declaration.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { typeErrors } from '../../support/docs/type-check.ts';
import { run, runWith } from '../../support/run-cli.ts';

const shop = declare({
  name: 'shop',
  schemas: ['api', 'other'],
  internalSchemas: ['internal'],
  roles: { anonymous: 'shop_anon', users: ['shop_user'] },
  migrations: [
    migration(
      '0001_shop',
      sql`
CREATE TYPE status AS ENUM ('open', 'it''s paid');
CREATE TYPE address AS (street text, number int);
CREATE DOMAIN email AS text NOT NULL;
CREATE TABLE customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email email, home address, nickname text);
CREATE TABLE profiles (customer int PRIMARY KEY REFERENCES customers, bio text);
CREATE TABLE orders (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  customer int NOT NULL REFERENCES customers,
  gift_for int REFERENCES customers,
  status status NOT NULL DEFAULT 'open',
  tags text[] NOT NULL DEFAULT '{}',
  total numeric(10, 2) NOT NULL,
  note jsonb,
  doubled numeric GENERATED ALWAYS AS (total * 2) STORED
);
CREATE TABLE "Order Items" ("order" uuid REFERENCES orders, "line.no" bigint, PRIMARY KEY ("order", "line.no"));
CREATE VIEW open_orders AS SELECT id AS order_id, customer AS buyer, total FROM orders WHERE status = 'open';
CREATE VIEW order_totals AS SELECT customer, sum(total) AS total FROM orders GROUP BY customer;
CREATE TABLE other.notes (id int PRIMARY KEY, customer int REFERENCES customers);
CREATE TABLE internal.secrets (id int PRIMARY KEY, secret text);
CREATE FUNCTION add(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT a + b';
CREATE FUNCTION ping() RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION orders_of(buyer int) RETURNS SETOF orders LANGUAGE sql AS 'SELECT * FROM api.orders WHERE customer = buyer';
CREATE FUNCTION stats() RETURNS TABLE (day date, orders bigint) LANGUAGE sql AS 'SELECT now()::date, count(*) FROM api.orders';
CREATE FUNCTION unnamed(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION label(customers) RETURNS text LANGUAGE sql AS 'SELECT $1.nickname';
`,
    ),
  ],
  tables: [{ name: 'orders', grants: [{ to: 'shop_user', select: true }], policies: [allRows({ to: 'shop_user' })] }],
});

let written: string;
beforeAll(async () => {
  written = await typesOfDeclaration(shop);
});

/** The types and a piece of code that uses them, as one module. */
const using = (text: string, types = written) => `
import { PostgrestClient } from '@supabase/postgrest-js';
${types}
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>) => undefined;
const client = new PostgrestClient<Database>('http://localhost');
type Orders = Database['api']['Tables']['orders'];
${text}`;

/** Pieces that compile, and others that do not, with what the compiler says. */
const right: Readonly<Record<string, string>> = {
  'rows, inserts and updates': `
    same<Orders['Row']['status'], 'open' | "it's paid">(true);
    same<Orders['Row']['tags'], string[]>(true);
    same<Orders['Row']['gift_for'], number | null>(true);
    same<Orders['Insert'], {
      id?: string; customer: number; gift_for?: number | null; status?: 'open' | "it's paid"; tags?: string[]; total: number;
      note?: Json | null; doubled?: never;
    }>(true);
    same<Database['api']['Tables']['customers']['Row']['email'], string>(true);
    same<Database['api']['Tables']['customers']['Row']['home'], { street: string | null; number: number | null } | null>(true);
    same<Database['api']['Tables']['customers']['Row']['label'], string | null>(true);
    same<Database['other']['Tables']['notes']['Row']['id'], number>(true);
    export const added = client.schema('api').from('orders').insert({ customer: 1, total: 3 });`,
  'names that need quotes': `
    export const items = client.schema('api').from('Order Items').select('order, "line.no"');
    same<Database['api']['Tables']['Order Items']['Row']['line.no'], number>(true);`,
  embedding: `
    export async function read() {
      const orders = await client.schema('api').from('orders').select('id, customers!orders_customer_fkey(email, profiles(bio))');
      same<NonNullable<typeof orders.data>[number], {
        id: string; customers: { email: string; profiles: { bio: string | null } | null };
      }>(true);
      const customers = await client.schema('api').from('customers').select('nickname, orders!orders_gift_for_fkey(total)');
      same<NonNullable<typeof customers.data>[number], { nickname: string | null; orders: { total: number }[] }>(true);
    }`,
  'embedding in views': `
    export async function read() {
      const open = await client.schema('api').from('open_orders').select('order_id, customers(email)').single();
      same<NonNullable<typeof open.data>['customers'], { email: string } | null>(true);
    }`,
  functions: `
    export async function call() {
      const sum = await client.schema('api').rpc('add', { a: 1 });
      same<typeof sum.data, number | null>(true);
      const orders = await client.schema('api').rpc('orders_of', { buyer: 1 }).select('total');
      same<NonNullable<typeof orders.data>[number], { total: number }>(true);
      const days = await client.schema('api').rpc('stats');
      same<NonNullable<typeof days.data>[number], { day: string; orders: number }>(true);
      await client.schema('api').rpc('ping');
    }`,
  'names of a declaration': `
    same<Names['roles'], 'shop_anon' | 'shop_user'>(true);
    same<Names['owner'], 'shop_owner'>(true);
    same<Names['tables']['orders'], keyof Orders['Row']>(true);
    same<keyof Names['tables'], 'customers' | 'orders' | 'profiles' | 'Order Items' | 'other.notes' | 'internal.secrets'>(true);
    same<Names['views'], { open_orders: 'order_id' | 'buyer' | 'total'; order_totals: 'customer' | 'total' }>(true);
    same<Names['functions'], 'add' | 'ping' | 'orders_of' | 'stats' | 'unnamed' | 'label'>(true);`,
};
const wrong: Readonly<Record<string, [text: string, says: string]>> = {
  'a misspelt table': [`client.schema('api').from('order');`, '"order"'],
  'an internal schema': [`client.schema('internal');`, '"internal"'],
  'a missing column': [`client.schema('api').from('orders').insert({ customer: 1 });`, 'total'],
  'a generated column': [
    `client.schema('api').from('orders').insert({ customer: 1, total: 1, doubled: 2 });`,
    "'undefined'",
  ],
  'another value of an enum': [`client.schema('api').from('orders').update({ status: 'opn' });`, '"opn"'],
  'a view that cannot be written': [`client.schema('api').from('order_totals').insert({ customer: 1 });`, "'customer'"],
  'a misspelt argument': [`client.schema('api').rpc('add', { c: 1 });`, "'c'"],
  'a misspelt column of a row': [
    `export const read = async () => (await client.schema('api').from('orders').select('id')).data?.[0]?.total;`,
    "'total'",
  ],
};

describe('gen types', () => {
  it('writes what postgrest-js and a declaration compile with, and mistakes do not', { timeout: 180_000 }, () => {
    const snippets = [
      ...Object.entries(right).map(([place, text]) => ({ place, text: using(text) })),
      ...Object.entries(wrong).map(([place, [text]]) => ({ place, text: using(text) })),
    ];
    const errors = typeErrors(snippets);
    expect(errors.filter((error) => Object.keys(right).some((place) => error.startsWith(`${place}: `)))).toEqual([]);
    for (const [place, [, says]] of Object.entries(wrong)) {
      expect.soft(errors.find((error) => error.startsWith(`${place}: `)) ?? 'compiles', place).toContain(says);
    }
  });

  it(
    "writes types of an example with 12 tables with which its declaration's own names compile",
    { timeout: 180_000 },
    async () => {
      const types = await typesOfDeclaration(projects);
      const names = inputNames(projects);
      const text = `${types}\nexport const names: readonly (keyof Names['tables'] | keyof Names['views'])[] = ${JSON.stringify(names)};`;
      expect(typeErrors([{ place: 'projects', text }])).toEqual([]);
    },
  );

  describe('the command', () => {
    let directory: string;
    beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'types '))));
    afterAll(() => rmSync(directory, { recursive: true }));

    it('writes a file in a new directory, which it touches no more while the types stay, or to its standard output', async () => {
      const file = join(directory, 'types', 'database.types.ts');
      const printed = await run('gen', 'types', 'examples/todos/declaration.ts');
      const quiet = await run('gen', 'types', 'examples/todos/declaration.ts', '--output', file);
      expect(quiet).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(printed.stdout).toBe(readFileSync(file, 'utf8'));
      utimesSync(file, 0, 0);
      await run('gen', 'types', 'examples/todos/declaration.ts', '--output', file);
      expect(statSync(file).mtimeMs).toBe(0);
      expect(printed.stdout).toContain("roles: 'todos_anon' | 'todos_user';");
    });
  });

  describe('from a database that runs', () => {
    const cluster = useCluster();
    let directory: string;
    let file: string;
    let database: TestDatabase;
    let signIn: string[];
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'types '));
      file = join(directory, 'declaration.json');
      writeFileSync(file, JSON.stringify(shop));
      database = await cluster.database();
      await database.apply(shop);
      await database.sql(
        `CREATE ROLE visitor LOGIN PASSWORD 'visitor'; GRANT CONNECT ON DATABASE ${database.name} TO visitor`,
      );
      writeFileSync(join(directory, 'password'), 'visitor', { mode: 0o600 });
      signIn = [
        ...['--host', '127.0.0.1', '--port', String(cluster.server().port), '--database', database.name],
        ...['--user', 'visitor', '--password-file', join(directory, 'password')],
      ];
    });
    afterAll(() => rmSync(directory, { recursive: true }));

    it('writes the same as from the declaration that made it, as a role that was granted nothing', async () => {
      expect(await run('gen', 'types', file, ...signIn)).toEqual({ code: 0, stdout: written, stderr: '' });
    });

    it('writes what the database has, and not what the declaration makes', async () => {
      await database.sql('ALTER TABLE api.orders ADD COLUMN by_hand int');
      try {
        const { stdout } = await run('gen', 'types', file, ...signIn);
        const expected = "export const row: Partial<Orders['Row']> = { by_hand: null };";
        expect(typeErrors([{ place: 'by hand', text: using(expected, stdout) }])).toEqual([]);
        expect(typeErrors([{ place: 'declared', text: using(expected) }])).toEqual([
          expect.stringContaining('by_hand'),
        ]);
      } finally {
        await database.sql('ALTER TABLE api.orders DROP COLUMN by_hand');
      }
    });

    it('writes the named schemas without a declaration, with the roles that something in them is granted to', async () => {
      await database.sql(
        'CREATE ROLE reader; GRANT SELECT (id) ON other.notes TO reader; CREATE ROLE stranger; GRANT USAGE ON SCHEMA internal TO stranger',
      );
      const { code, stdout, stderr } = await run('gen', 'types', ...signIn, '--schemas', 'api, other');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const tables = "'customers' | 'orders' | 'profiles' | 'Order Items' | 'other.notes'";
      const text = `
        same<keyof Names['tables'], ${tables}>(true);
        same<Names['roles'], 'reader' | 'shop_anon' | 'shop_user'>(true);
        same<Exclude<keyof Database, '__InternalSupabase'>, 'api' | 'other'>(true);`;
      expect(typeErrors([{ place: 'schemas', text: using(text, stdout) }])).toEqual([]);
      const [declared, read] = [written, stdout].map((types) => types.slice(0, types.indexOf('export type Names')));
      expect(read).toBe(declared);
    });

    it.each([
      ['a misspelt schema', ['--schemas', 'apo'], 'there is no schema "apo" (did you mean "api"?)', 'unknown_schema'],
      ['no schema', [], 'it is not said which schemas are exposed', 'invalid_prop'],
      [
        'a declaration and schemas',
        ['declaration.json', '--schemas', 'api'],
        'the declaration names the schemas',
        'invalid_prop',
      ],
    ])('rejects %s', async (_, args, problem, code) => {
      const { stdout, stderr } = await run('gen', 'types', ...signIn, ...args);
      expect(stdout).toBe('');
      expect(stderr).toContain(problem);
      expect(stderr).toContain(`[${code}]`);
    });

    it('reads the database that a URI names, in either order, or DATABASE_URL without a declaration', async () => {
      const uri = (password = '') =>
        `postgresql://visitor${password}@127.0.0.1:${cluster.server().port}/${database.name}`;
      const secret = { PGPASSWORD: 'visitor' };
      const answer = { code: 0, stdout: written, stderr: '' };
      expect(await runWith(secret, 'gen', 'types', file, uri())).toEqual(answer);
      expect(await runWith(secret, 'gen', 'types', uri(), file)).toEqual(answer);
      const variable = { DATABASE_URL: uri(':visitor') };
      const { code, stdout } = await runWith(variable, 'gen', 'types', '--schemas', 'api,other');
      expect({ code, has: stdout.includes('Order Items') }).toEqual({ code: 0, has: true });
      // The declaration says what is wanted, whatever the variable is for.
      const unreachable = { DATABASE_URL: 'postgresql://visitor@127.0.0.1:1/none' };
      expect(await runWith(unreachable, 'gen', 'types', file)).toEqual(answer);
    });

    it('overwrites only what it has written', async () => {
      const output = join(directory, 'types.ts');
      const write = (...args: string[]) => run('gen', 'types', file, ...signIn, '--output', ...args);
      expect(await write(output)).toEqual({ code: 0, stdout: '', stderr: '' });
      writeFileSync(output, '\n');
      expect(await write(output)).toMatchObject({ code: 0 });
      writeFileSync(output, `// eslint-disable\n${written}// changed`);
      expect(await write(output)).toMatchObject({ code: 0 });
      expect(readFileSync(output, 'utf8')).toBe(written);
      for (const [input, problem] of [
        [file, 'is not of this command, and would be lost'],
        [join(directory, 'password'), 'is not of this command, and would be lost'],
        [directory, 'cannot be written (EISDIR)'],
      ] as const) {
        const { code, stderr } = await write(input);
        expect(code).toBe(1);
        expect(stderr).toContain(problem);
        expect(stderr).toContain('[invalid_prop]');
      }
      expect(readFileSync(join(directory, 'password'), 'utf8')).toBe('visitor');
    });

    it('rejects a command that names neither a declaration nor a whole connection', async () => {
      expect((await run('gen', 'types')).stderr).toMatch(
        / gen types: it is not said which declaration or database; give the file of a declaration, a URI .*\[invalid_prop\]/,
      );
      const { stderr } = await run('gen', 'types', '--host', '127.0.0.1', '--schemas', 'api');
      expect(stderr).toContain('the database is not named; give --database, or name it in the URI [invalid_prop]');
    });
  });
});

function inputNames({ tables, views, schemas }: Declaration): string[] {
  return [...tables, ...views].map(({ schema, name }) => (schema === schemas[0] ? name : `${schema}.${name}`));
}
