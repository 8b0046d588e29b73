import type pg from 'pg';
import type { Declaration } from '../declaration/types.ts';
import { audit } from '../audit/audit.ts';
import type { Finding } from '../audit/finding.ts';
import type { Catalog } from '../postgres/catalog/catalog.ts';
import { readCatalog } from '../postgres/catalog/read-catalog.ts';
import { connect, type DatabaseConnection } from '../postgres/connect.ts';
import { pendingMigrations } from './read-migrations.ts';
import { pendingSteps, plan, planFunctions, planSchemas } from './plan/plan.ts';
import { checkDatabase } from './preflight.ts';
import { sessionOf, type Session } from './session.ts';
import { configureSession } from '../postgres/session.ts';

/** How a database differs from a declaration. */
export interface Difference {
  /** Migrations that would run, by file. */
  readonly migrations: readonly string[];
  /** Statements that would run, without those on missing objects. */
  readonly statements: readonly string[];
  /** Declared objects that do not exist. */
  readonly missing: readonly string[];
}

/**
 * Compares a database with a declaration, in a read-only session.
 *
 * @throws SecuredPostgrestError `database_unreachable`, `unsupported_database`, `missing_role`, `migration_changed`,
 *   `migration_out_of_order`
 */
export async function diffDeclaration(connection: DatabaseConnection, declaration: Declaration): Promise<Difference> {
  return reading(await connect(connection), declaration, async (session) =>
    readDifference(session, await readCatalog(session)),
  );
}

/** Compares as {@link diffDeclaration} does, in a configured session. */
export async function readDifference(session: Session, catalog: Catalog): Promise<Difference> {
  const { declaration } = session;
  checkDatabase(declaration, catalog);
  const prepared = catalog.relations.some(
    ({ schema, name }) => schema === declaration.privateSchema && name === 'migrations',
  );
  const migrations = prepared
    ? (await pendingMigrations(session)).map(({ source }) => source.file)
    : declaration.migrations.map(({ file }) => file);
  const { steps, missing } = plan(declaration, catalog);
  const all = [...planSchemas(declaration, catalog), ...planFunctions(declaration, catalog), ...steps];
  return { migrations, statements: all.map(({ sql }) => sql), missing: [...new Set(missing)] };
}

/**
 * Audits a database as it is, in a read-only session.
 *
 * @throws SecuredPostgrestError `database_unreachable`, `unsupported_database`, `missing_role`
 */
export async function auditDatabase(connection: DatabaseConnection, declaration: Declaration): Promise<Finding[]> {
  return reading(await connect(connection), declaration, async (session) => {
    const catalog = await readCatalog(session);
    checkDatabase(declaration, catalog);
    return audit(declaration, catalog, pendingSteps(declaration, catalog));
  });
}

/** Runs a function in a read-only session, then closes the connection. */
export async function reading<T>(
  client: pg.Client,
  declaration: Declaration,
  read: (session: Session) => Promise<T>,
): Promise<T> {
  try {
    await configureSession(client);
    await client.query('SET default_transaction_read_only = on');
    return await read(sessionOf(client, declaration));
  } finally {
    await client.end();
  }
}
