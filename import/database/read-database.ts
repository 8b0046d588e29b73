import type pg from 'pg';
import { statementsOf } from '../../postgres/statements.ts';
import { configureSession } from '../../postgres/session.ts';
import type { StatementNames } from '../../postgres/statement-names.ts';
import type { FoundFunction, FoundObjects, FoundOutline, FoundSequence } from './found.ts';

const statement = statementsOf('import/database');

/** A view of one database at one moment. */
export interface DatabaseReader {
  /** server_version_num */
  version(): Promise<number>;
  outline(): Promise<FoundOutline>;
  objects(schemas: readonly string[], roles: readonly string[]): Promise<FoundObjects>;
  functions(schemas: readonly string[], roles: readonly string[]): Promise<readonly FoundFunction[]>;
  sequences(schemas: readonly string[], roles: readonly string[]): Promise<readonly FoundSequence[]>;
}

/** Lets the work read a database in one transaction that cannot write. */
export async function readingDatabase<T>(
  client: pg.ClientBase,
  work: (reader: DatabaseReader) => Promise<T>,
): Promise<T> {
  await configureSession(client);
  await client.query(statement('begin'));
  try {
    return await work(readerOf(client));
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

function readerOf(client: pg.ClientBase): DatabaseReader {
  async function read<Row>(name: StatementNames['import/database'], values: unknown[] = []): Promise<Row[]> {
    return (await client.query<Row & pg.QueryResultRow>(statement(name), values)).rows;
  }
  const functions: DatabaseReader['functions'] = (schemas, roles) => read('functions', [schemas, roles]);
  return {
    functions,
    sequences: (schemas, roles) => read('sequences', [schemas, roles]),
    version: async () => (await read<{ version: number }>('version'))[0]!.version,
    async outline() {
      return {
        roles: await read('roles'),
        schemas: await read('schemas'),
        extensions: await read('extensions'),
        databaseSettings: (await read<{ setting: string }>('database_settings')).map(({ setting }) => setting),
        defaultPrivileges: await read('default_privileges'),
      };
    },
    async objects(schemas, roles) {
      return {
        relations: await read('relations', [schemas, roles]),
        policies: await read('policies', [schemas, roles]),
        functions: await functions(schemas, roles),
        triggers: await read('triggers', [schemas]),
      };
    },
  };
}
