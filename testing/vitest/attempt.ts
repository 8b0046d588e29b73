import type pg from 'pg';
import { raw, statementsOf } from '../../postgres/statements.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { qualify } from '../../declaration/names.ts';
import type { Command, QualifiedName } from '../../declaration/types.ts';
import { requestValues, roleOf } from '../../access/map/request.ts';
import { homeOf, type ApiClient } from '../client.ts';
import { withClient } from '../../postgres/with-client.ts';

const statement = statementsOf('testing/attempts');

/** Columns and the values that they have, or get: JSON. */
export type Values = Readonly<Record<string, unknown>>;

/** One command, and what it is about. */
export interface Attempt {
  readonly command: Command;
  /** `schema.table`, or a table or view of the first exposed schema. */
  readonly relation: string;
  /** The new row, or what is changed of rows. */
  readonly values?: Values;
  /** Condition on the rows. @default all */
  readonly where?: Values;
}

export type AttemptResult =
  | { readonly rows: number }
  /** Postgres' or PostgREST's code. */
  | { readonly code: string; readonly message: string };

/**
 * Runs a command as a client's request would, with its role and claims and the pre-request check, and rolls it back. A row
 * that breaks a constraint counts: Postgres asks for policies first.
 */
export async function attempt(client: ApiClient, { command, relation, ...of }: Attempt): Promise<AttemptResult> {
  const { declaration, connection } = checkClient(client);
  const { schemas } = declaration;
  const name = qualify(relation, schemas[0]!, 'relation');
  const subject = client.token === undefined ? undefined : { role: client.role, claims: client.claims };
  if (roleOf(declaration, subject) === undefined) return NO_TOKEN;
  const request = requestValues(declaration, { relation: name, command, subject });
  const begin = statement('begin', { ...request, pre_request: raw(request.pre_request) });
  return withClient(connection, async (session) => {
    try {
      await session.query(begin);
      return { rows: await run(session, name, { command, ...of }) };
    } catch (error) {
      const { code = '', message } = error as Error & { code?: string };
      if (code.startsWith('23')) return { rows: 1 };
      return { code, message };
    }
  });
}

/** Checks that a test expects something of a client, and returns where the client belongs to. */
export function checkClient(client: ApiClient): NonNullable<ReturnType<typeof homeOf>> {
  if (client instanceof Promise) {
    refuse('invalid_prop', 'expect', 'this is the promise of a client', 'write `expect(await api.as(...))`');
  }
  const home = homeOf(client);
  if (!home) {
    refuse('invalid_prop', 'expect', 'this is no client of an environment', 'pass what `await api.as(...)` returns');
  }
  return home;
}

/** PostgREST's documentation, "Errors". */
const NO_TOKEN = { code: 'PGRST302', message: 'anonymous access is disabled' };

async function run(
  session: pg.ClientBase,
  { schema, name: table }: QualifiedName,
  { command, values = {}, where = {} }: Omit<Attempt, 'relation'>,
): Promise<number> {
  const common = { schema, table, where: JSON.stringify(where), values: JSON.stringify(values) };
  const conditions = Object.keys(where).map((column) => statement('column_is', { ...common, column }));
  const columns = Object.keys(values);
  const sql = statement(command === 'insert' && columns.length === 0 ? 'insert_defaults' : command, {
    ...common,
    columns,
    condition: raw(conditions.join(' AND ') || 'true'),
  });
  return (await session.query(sql)).rowCount ?? 0;
}
