import type pg from 'pg';
import { didYouMean } from '../../errors/did-you-mean.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { configureSession } from '../../postgres/session.ts';
import type { StatementNames } from '../../postgres/statement-names.ts';
import { statementsOf } from '../../postgres/statements.ts';
import type { DatabaseTypes, ForeignKey, FunctionType, PostgresType, Relation } from './database-types.ts';

const statement = statementsOf('cli/types');

/**
 * Reads the relations, functions and types of schemas, in one transaction that cannot write.
 *
 * @throws SecuredPostgrestError `unknown_schema`
 */
export async function readDatabase(client: pg.ClientBase, schemas: readonly string[]): Promise<DatabaseTypes> {
  async function read<Row>(name: StatementNames['cli/types'], values: unknown[] = []): Promise<Row[]> {
    return (await client.query<Row & pg.QueryResultRow>(statement(name), values)).rows;
  }
  await configureSession(client);
  await client.query(statement('begin'));
  try {
    const existing = await read<{ name: string }>('schemas');
    checkSchemas(
      schemas,
      existing.map(({ name }) => name),
    );
    const types = await read<PostgresType>('types');
    return {
      relations: await read<Relation>('relations', [schemas]),
      foreignKeys: await read<ForeignKey>('foreign_keys'),
      functions: await read<FunctionType>('functions', [schemas]),
      types: new Map(types.map((type) => [type.oid, type])),
      grantees: (await read<{ name: string }>('grantees', [schemas])).map(({ name }) => name),
    };
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

/** A schema that is missing would be one without tables. */
function checkSchemas(schemas: readonly string[], existing: readonly string[]): void {
  for (const name of schemas.filter((schema) => !existing.includes(schema))) {
    const problem = `there is no schema "${name}"${didYouMean(name, existing)}`;
    refuse(
      'unknown_schema',
      'the database',
      problem,
      `use some of ${existing.join(', ')}, or apply the declaration first`,
    );
  }
}
