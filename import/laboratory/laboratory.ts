import type pg from 'pg';
import { SecuredPostgrestError, refuse } from '../../errors/secured-postgrest-error.ts';
import { offsetIn } from '../../postgres/position.ts';
import type { ParsedStatement } from '../../postgres/parse-sql.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';
import { placeIn } from '../../postgres/place-in.ts';
import { statementsOf } from '../../postgres/statements.ts';
import { withClient } from '../../postgres/with-client.ts';
import { INSUFFICIENT_PRIVILEGE } from '../../postgres/sqlstate.ts';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import { readSchemaFile, type SchemaFile } from '../files/schema-file.ts';
import { LOGIN, searchPathOf, startConfinedPostgres } from './confined-postgres.ts';
import { changesLogin, runPrivileged } from './privileged.ts';
import { madeRole, namedRoles } from './named-roles.ts';

const statement = statementsOf('import/laboratory');

/** A Postgres of its own with the schema as it was, in which everything may be tried. */
export interface Laboratory {
  readonly connection: DatabaseConnection;
  /** Roles that the schema makes superusers. Here they only pass policies. */
  readonly superusers: ReadonlySet<string>;
  /** Runs SQL of a platform, before anything of the user. */
  prepare(sources: readonly SqlSource[]): Promise<void>;
  /** Runs files as they are. What needs a missing extension is left out. */
  run(files: readonly SchemaFile[]): Promise<readonly Unavailable[]>;
  /** Runs work in a session. */
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
  const postgres = await startConfinedPostgres();
  const { connection } = postgres;
  const superusers = new Set([LOGIN]);
  const elevated = async (sql: string, searchPath?: string) => {
    for (const name of await postgres.elevated(sql, searchPath)) superusers.add(name);
  };
  const run = (files: readonly SchemaFile[]) =>
    withClient(connection, (client) => runFiles({ client, elevated }, files));
  return {
    connection,
    superusers,
    prepare: async (sources) => {
      await run(await Promise.all(sources.map(readSchemaFile)));
    },
    run,
    session: (work) => withClient(connection, work),
    [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose](),
  };
}

interface Sessions {
  readonly client: pg.ClientBase;
  readonly elevated: (sql: string, searchPath?: string) => Promise<void>;
}

async function runFiles(sessions: Sessions, files: readonly SchemaFile[]): Promise<Unavailable[]> {
  const { client, elevated } = sessions;
  const unavailable: Unavailable[] = [];
  for (const role of namedRoles(files.flatMap(({ statements }) => statements))) {
    if (!(await roleExists(client, role))) await elevated(statement('create_role', { role }));
  }
  for (const file of files) {
    for (const part of file.statements) {
      const role = madeRole(part);
      if (role !== undefined && (await roleExists(client, role))) continue;
      if (changesLogin(part) || isExtensionComment(part) || (await isKnownSchema(client, part))) continue;
      try {
        await send(sessions, file, part);
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

async function send({ client, elevated }: Sessions, file: SchemaFile, parsed: ParsedStatement): Promise<void> {
  const { sql, offset, kind, single } = parsed;
  try {
    // Roles that the login makes are not its own before 16.
    if (kind === 'CreateRoleStmt') await elevated(sql);
    else await client.query(sql);
    // It may have made roles.
    if (kind === 'DoStmt') await elevated(statement('nothing'));
  } catch (error) {
    const how = isPrivilege(error) ? runPrivileged(parsed) : 'refused';
    if (how === 'skipped') return;
    const failure =
      how === 'elevated' ? await elevated(sql, await searchPathOf(client)).catch((failed: unknown) => failed) : error;
    if (failure === undefined) return;
    if (failure instanceof SecuredPostgrestError) throw failure;
    refuse(
      'invalid_sql',
      // Rows of a COPY were sent as another statement.
      placeIn(file, single ? offset : offset + offsetIn(sql, failure as Error & { position?: string })),
      (failure as Error).message,
      'import files that a new database takes in the order of their names; an object of a platform may need --preset',
      failure,
    );
  }
}

function isPrivilege(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === INSUFFICIENT_PRIVILEGE || code === INVALID_GRANT;
}

/** A role that would become a member of itself: the login is a member of every role. */
const INVALID_GRANT = '0LP01';
