import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { importSchema } from '../../import/import-schema.ts';
import { parseSql } from '../../postgres/parse-sql.ts';
import { withClient } from '../../postgres/with-client.ts';
import type { BaseName } from '../../test/support/audit/corpus/base.ts';
import { startBase } from '../../test/support/audit/corpus/start-base.ts';
import { startPostgres } from '../../testing/servers/postgres-server.ts';
import { declaredDatabase } from './declared-databases.ts';
import type { ProvenDatabase } from './proven-database.ts';

/** SQL of a project that this repository does not hold. */
interface RealSchema {
  readonly name: string;
  /** File of psql, or directory of migrations, below the directory of real schemas. */
  readonly path: string;
  /** Files of the directory. @default all, by their names */
  readonly files?: readonly string[];
  /** Database that the SQL finds. @default an empty one */
  readonly base?: BaseName;
  /** SQL that runs after it: roles and grants that its users add. */
  readonly after?: string;
  /** SQL that runs before it. */
  readonly before?: string;
  /** Variables of psql. */
  readonly variables?: Readonly<Record<string, string>>;
  /** True where statements may fail, because they need an extension that the embedded Postgres lacks. */
  readonly partly?: boolean;
  /** True if the importer's result is proven as well; for migrations. */
  readonly imported?: boolean;
}

const READABLE = `CREATE ROLE authenticator LOGIN NOINHERIT; CREATE ROLE anon; GRANT anon TO authenticator;
  GRANT SELECT ON ALL TABLES IN SCHEMA public TO anon;`;

const schemas: readonly RealSchema[] = [
  { name: 'Slack clone of Supabase', path: 'm-supabase-slack.sql', base: 'supabase', imported: true },
  {
    name: 'profiles of Supabase',
    path: 'm-supabase-profiles.sql',
    base: 'supabase',
    // Policies of another role's table: in Supabase, an event trigger lets "postgres" make them.
    before: 'RESET ROLE; ALTER TABLE storage.objects OWNER TO postgres; SET LOCAL ROLE postgres',
    imported: true,
  },
  {
    name: 'Basejump',
    path: 'basejump',
    base: 'supabase',
    before: 'SET search_path = public, extensions',
    after: `RESET ROLE; ALTER ROLE authenticator SET pgrst.db_schemas = 'public, basejump'`,
    imported: true,
  },
  {
    name: 'starter kit of subzero',
    path: 'subzero/db/src',
    files: [
      'libs/settings.sql',
      'libs/request.sql',
      'libs/response.sql',
      'libs/pgjwt.sql',
      'data/schema.sql',
      'api/schema.sql',
      'authorization/privileges.sql',
    ],
    before: `CREATE ROLE anonymous; CREATE ROLE webuser; CREATE ROLE api; CREATE ROLE proxy; CREATE ROLE authenticator;
      GRANT anonymous, webuser, proxy TO authenticator; CREATE EXTENSION pgcrypto`,
    after: `ALTER ROLE authenticator SET pgrst.db_schemas = 'api'; ALTER ROLE authenticator SET pgrst.db_anon_role = 'anonymous'`,
    partly: true,
  },
  {
    name: 'fixture of PostgREST',
    path: 'postgrest/test/spec/fixtures',
    files: ['database.sql', 'roles.sql', 'schema.sql', 'jwt.sql', 'jsonschema.sql', 'privileges.sql'],
    variables: { PGUSER: 'postgres', DBNAME: 'real' },
    after: `CREATE ROLE authenticator LOGIN NOINHERIT;
      GRANT postgrest_test_anonymous, postgrest_test_author, postgrest_test_default_role TO authenticator;
      ALTER ROLE authenticator SET pgrst.db_schemas = 'test'; ALTER ROLE authenticator SET pgrst.db_anon_role = 'postgrest_test_anonymous'`,
    partly: true,
  },
  { name: 'Northwind, readable for anonymous', path: 'northwind.sql', after: READABLE },
  { name: 'Chinook, readable for anonymous', path: 'chinook.sql', after: READABLE },
];

/** Real schemas in the directory that `REAL_SCHEMAS` names; each by its path there, as its repository names it. */
export async function realSchemas(directory: string): Promise<readonly ProvenDatabase[]> {
  const found: ProvenDatabase[] = [];
  for (const schema of schemas) {
    const path = join(directory, schema.path);
    if (!existsSync(path)) {
      console.log(`prove: without ${schema.name}: there is no ${path}`);
      continue;
    }
    found.push(loaded(schema, path));
    if (schema.imported) found.push(await imported(schema, path));
  }
  return found;
}

function loaded(schema: RealSchema, path: string): ProvenDatabase {
  const text = [schema.before, textOf(path, schema.variables ?? {}, schema.files), schema.after]
    .filter(Boolean)
    .join(';\n');
  return {
    name: schema.name,
    async run(work) {
      if (schema.base !== undefined) {
        await using base = await startBase(schema.base);
        return await base.inDatabase({ sql: `${text}; RESET ROLE` } as Parameters<typeof base.inDatabase>[0], work);
      }
      const server = await startPostgres();
      try {
        await server.createDatabase('real');
        const connection = server.connection('real');
        await load(connection, text, schema);
        return await work(connection);
      } finally {
        await server.stop();
      }
    },
  };
}

async function load(connection: Parameters<typeof withClient>[0], text: string, { name, partly }: RealSchema) {
  await withClient(connection, async (client) => {
    let failed = 0;
    for (const { sql } of await parseSql({ file: name, sql: text })) {
      await client.query(sql).catch((cause: unknown) => {
        if (!partly) throw cause;
        failed += 1;
        if (process.env['PROVE_FAILED'] !== undefined) console.log(String(cause), sql.slice(0, 80));
      });
    }
    if (failed > 0) console.log(`prove: ${name}: ${failed} statements failed`);
  });
}

async function imported(schema: RealSchema, path: string): Promise<ProvenDatabase> {
  const { declaration } = await importSchema({ migrations: path }, { name: 'real' });
  return declaredDatabase(`${schema.name}, imported`, declaration);
}

/** Text of a file of psql, or of all files of a directory, without the commands of psql. */
function textOf(path: string, variables: Readonly<Record<string, string>>, only?: readonly string[]): string {
  if (statSync(path).isDirectory()) {
    const files =
      only ??
      readdirSync(path)
        .filter((file) => file.endsWith('.sql'))
        .sort();
    return files.map((file) => textOf(join(path, file), variables)).join('\n');
  }
  return (
    readFileSync(path, 'utf8')
      .replace(/^\\ir\s+(\S+).*$/gm, (_, file: string) => {
        const inner = join(dirname(path), file);
        return existsSync(inner) ? textOf(inner, variables) : '';
      })
      .replace(/^\\.*$/gm, '')
      // The file runs in a transaction already.
      .replace(/^\s*(?:begin|commit)\s*;\s*$/gim, '')
      // :name, :"name" as an identifier and :'name' as a text.
      .replace(/(?<!:):(["']?)(\w+)\1/g, (whole, quote: string, name: string) =>
        variables[name] === undefined ? whole : `${quote}${variables[name]}${quote}`,
      )
  );
}
