import type pg from 'pg';
import { SecuredPostgrestError, refuse } from '../../errors/secured-postgrest-error.ts';
import { offsetIn } from '../../postgres/position.ts';
import type { ParsedStatement } from '../../postgres/parse-sql.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';
import { placeIn } from '../../postgres/place-in.ts';
import { statementsOf } from '../../postgres/statements.ts';
import { withClient } from '../../postgres/with-client.ts';
import { startPostgres, type LocalConnection } from '../../testing/servers/postgres-server.ts';
import type { SchemaFile } from '../files/schema-file.ts';
import { madeRole, namedRoles } from './named-roles.ts';

const statement = statementsOf('import/laboratory');

const DATABASE = 'imported';

/** A Postgres of its own with the schema as it was, in which everything may be tried. */
export interface Laboratory {
  readonly connection: LocalConnection;
  /** Runs SQL of a platform, before anything of the user. */
  prepare(sources: readonly SqlSource[]): Promise<void>;
  /** Runs files as they are; a superuser runs them. What needs a missing extension is left out. */
  run(files: readonly SchemaFile[]): Promise<readonly Unavailable[]>;
  /** Runs work in a session of the superuser. */
  session<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A statement that this machine's Postgres cannot run. */
export interface Unavailable {
  readonly statement: ParsedStatement;
  readonly place: string;
  /** Extension that it installs. @default it needs an extension that is missing */
  readonly extension?: string;
}

/** @throws SecuredPostgrestError `missing_binary`, `start_failed` */
export async function startLaboratory(): Promise<Laboratory> {
  const postgres = await startPostgres({ databases: [DATABASE] });
  const connection = postgres.connection(DATABASE);
  return {
    connection,
    prepare: (sources) =>
      withClient(connection, async (client) => {
        for (const { sql } of sources) await client.query(sql);
      }),
    run: (files) => withClient(connection, (client) => runFiles(client, files)),
    session: (work) => withClient(connection, work),
    [Symbol.asyncDispose]: () => postgres.stop(),
  };
}

async function runFiles(client: pg.ClientBase, files: readonly SchemaFile[]): Promise<Unavailable[]> {
  const unavailable: Unavailable[] = [];
  for (const role of namedRoles(files.flatMap(({ statements }) => statements))) {
    if (!(await roleExists(client, role))) await client.query(statement('create_role', { role }));
  }
  for (const file of files) {
    for (const part of file.statements) {
      const role = madeRole(part);
      if (role !== undefined && (await roleExists(client, role))) continue;
      if (isExtensionComment(part) || (await isKnownSchema(client, part))) continue;
      try {
        await send(client, file, part);
      } catch (error) {
        const extension = part.kind === 'CreateExtensionStmt' && failedWith(error, UNAVAILABLE);
        if (!extension && (unavailable.length === 0 || !failedWith(error, UNDEFINED))) throw error;
        unavailable.push({
          statement: part,
          place: placeIn(file, part.offset),
          ...(extension && { extension: String(part.node['extname']) }),
        });
      }
    }
  }
  return unavailable;
}

async function roleExists(client: pg.ClientBase, role: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(statement('role_exists', { role }));
  return rows[0]!.found;
}

/** Platforms have schemas that a dump makes as well. */
async function isKnownSchema(client: pg.ClientBase, { kind, node }: ParsedStatement): Promise<boolean> {
  if (kind !== 'CreateSchemaStmt' || typeof node['schemaname'] !== 'string') return false;
  const { rows } = await client.query<{ found: boolean }>(statement('schema_exists', { schema: node['schemaname'] }));
  return rows[0]!.found;
}

function isExtensionComment({ kind, node }: ParsedStatement): boolean {
  return kind === 'CommentStmt' && node['objtype'] === 'OBJECT_EXTENSION';
}

/** The files of an extension are not there; or it wants to be loaded with the server. */
const UNAVAILABLE = ['0A000', '58P01', '55000'];
/** A type, function, table, column or schema is not there. */
const UNDEFINED = ['42704', '42883', '42P01', '42703', '3F000'];

function failedWith(error: unknown, codes: readonly string[]): boolean {
  const { code } = ((error as Error).cause ?? {}) as { code?: string };
  return code !== undefined && codes.includes(code);
}

async function send(client: pg.ClientBase, file: SchemaFile, { sql, offset, single }: ParsedStatement) {
  await client.query(sql).catch((error: Error & { position?: string }) => {
    if (error instanceof SecuredPostgrestError) throw error;
    refuse(
      'invalid_sql',
      // Rows of a COPY were sent as another statement.
      placeIn(file, single ? offset : offset + offsetIn(sql, error)),
      error.message,
      'import files that a new database takes in the order of their names; an object of a platform may need --preset',
      error,
    );
  });
}
