import type pg from 'pg';
import { diffDeclaration } from '../apply/diff.ts';
import { parseSql } from '../postgres/parse-sql.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import type { Declaration } from '../index.ts';
import type { LocalConnection } from '../testing/servers/postgres-server.ts';
import { withClient } from '../postgres/with-client.ts';

/** The statements that make an empty database the declared one, without what the runner adds: checks, marks, the audit. */
export async function statementsFor(scratch: LocalConnection, declaration: Declaration): Promise<string[]> {
  const owner = quoteIdentifier(declaration.owner);
  const migrations = await Promise.all(declaration.migrations.map(parseSql));
  const tables = [
    ...declaration.schemas.map((schema) => `CREATE SCHEMA ${quoteIdentifier(schema)} AUTHORIZATION ${owner}`),
    `SET ROLE ${owner}`,
    ...migrations.flat().map(({ sql }) => sql),
    'RESET ROLE',
  ];
  await inOneTransaction(scratch, tables);
  const { statements } = await diffDeclaration(scratch, declaration);
  return [...tables, ...statements];
}

/** Runs statements as `psql --single-transaction` does: connects, sends one after the other, commits. */
export function inOneTransaction(connection: LocalConnection, statements: readonly string[]): Promise<void> {
  return withClient(connection, async (client: pg.ClientBase) => {
    for (const sql of ['BEGIN', ...statements, 'COMMIT']) await client.query(sql);
  });
}
