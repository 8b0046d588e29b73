import type pg from 'pg';
import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import { statementsOf } from '../../postgres/statements.ts';
import type { CheckRequest } from './request.ts';
import { requestSql } from './request-sql.ts';
import type { PlacedRow, Row } from './rows.ts';
import type { Shape } from './shape.ts';

const statement = statementsOf('access/check');

/** Rows of each table, by `schema.name`. */
export type State = Readonly<Record<string, readonly Row[]>>;

/** What a request did, before it was undone. */
export type Answer =
  | { readonly rows: readonly Row[] | null; readonly count: number; readonly state: State | null }
  | { readonly code: string; readonly message: string };

/** How requests begin: settings beside the role and the claims, and a statement that runs first. */
export interface RequestFrame {
  readonly settings: Readonly<Record<string, string>>;
  /** Call of the pre-request check. @default none */
  readonly before?: string | undefined;
}

/** Makes the helpers of the session; everything is one transaction, which is never committed. */
export async function beginCheck(client: pg.ClientBase): Promise<void> {
  await client.query(`${statement('begin')};${statement('make_functions')}`);
}

export async function endCheck(client: pg.ClientBase): Promise<void> {
  await client.query(statement('rollback'));
}

/** Adds rows as the connected role, and returns those that fit. */
export async function fill(client: pg.ClientBase, rows: readonly PlacedRow[]): Promise<PlacedRow[]> {
  const inserts = rows.map(({ schema, name, row }) => ({
    sql: statement('fill_row', { schema, name, columns: Object.keys(row) }),
    row,
  }));
  const added = await client.query<{ number: number }>(statement('fill', { inserts: JSON.stringify(inserts) }));
  return added.rows.map(({ number }) => rows[number]!);
}

/** Runs requests as PostgREST does, each on the same rows. */
export async function runRequests(
  client: pg.ClientBase,
  shape: Shape,
  requests: readonly CheckRequest[],
  frame: RequestFrame,
): Promise<Answer[]> {
  const after = stateSql(shape);
  const texts = requests.map((request) => ({
    settings: settingsOf(request, frame).map(([name, value]) => ({ [name]: value })),
    before: frame.before ?? '',
    sql: requestSql(shape, request),
    after: request.kind === 'read' ? '' : after,
  }));
  const { rows } = await client.query<{ result: unknown; state: State | null; code: string | null; message: string }>(
    statement('run', { requests: JSON.stringify(texts) }),
  );
  return rows.map(({ result, state, code, message }) => {
    if (code !== null) return { code, message };
    const { rows: shown, count } = result as { rows: Row[] | null; count: number };
    return { rows: shown, count, state };
  });
}

/** Settings of a request, the role last. */
function settingsOf({ kind, sender, target }: CheckRequest, { settings }: RequestFrame): [string, string][] {
  const path = `${kind === 'call' ? '/rpc' : ''}/${encodeURIComponent(target.name)}`;
  return [
    ...Object.entries(settings),
    ['request.path', path],
    ['request.headers', '{}'],
    ['request.jwt.claims', JSON.stringify({ ...sender.claims, role: sender.role })],
    ['role', sender.role],
  ];
}

/** A query for all rows of all tables. */
export function stateSql({ tables }: Shape): string {
  const parts = tables
    .filter(({ is_table }) => is_table)
    .map(({ schema, name }) => {
      const table = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
      return `SELECT ${quoteLiteral(`${schema}.${name}`)} AS name, (SELECT coalesce(jsonb_agg(to_jsonb(one)), '[]') FROM ${table} AS one) AS rows`;
    });
  return `SELECT jsonb_object_agg(name, rows) FROM (${parts.join(' UNION ALL ')}) AS each`;
}
