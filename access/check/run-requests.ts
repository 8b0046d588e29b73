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

/** Effect of a request, before it was undone. */
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

/** Queries that the connected role runs around a request. */
export interface Observation {
  readonly first: string;
  readonly after: string;
}

/** Effect of a request, and observations before and after it. */
export interface ObservedAnswer {
  readonly rows: readonly Row[] | null;
  readonly count: number;
  readonly earlier: unknown;
  readonly later: unknown;
}

/** Runs requests as PostgREST does, each on the same rows. */
export async function runRequests(
  client: pg.ClientBase,
  shape: Shape,
  requests: readonly CheckRequest[],
  frame: RequestFrame,
): Promise<Answer[]> {
  const after = stateSql(shape);
  const answers = await observeRequests(client, shape, requests, frame, ({ kind }) => ({
    first: '',
    after: kind === 'read' ? '' : after,
  }));
  return answers.map((answer) =>
    'code' in answer ? answer : { rows: answer.rows, count: answer.count, state: answer.later as State | null },
  );
}

/** Runs requests likewise, with queries around each. */
export async function observeRequests(
  client: pg.ClientBase,
  shape: Shape,
  requests: readonly CheckRequest[],
  frame: RequestFrame,
  observation: (request: CheckRequest) => Observation,
): Promise<(ObservedAnswer | { readonly code: string; readonly message: string })[]> {
  const texts = requests.map((request) => ({
    settings: settingsOf(request, frame),
    role: request.sender.role,
    before: frame.before ?? '',
    sql: requestSql(shape, request),
    ...observation(request),
  }));
  const { rows } = await client.query<RunRow>(statement('run', { requests: JSON.stringify(texts) }));
  return rows.map(({ result, earlier, state, code, message }) => {
    if (code !== null) return { code, message };
    const { rows: shown, count } = result as { rows: Row[] | null; count: number };
    return { rows: shown, count, earlier, later: state };
  });
}

interface RunRow {
  readonly result: unknown;
  readonly earlier: unknown;
  readonly state: unknown;
  readonly code: string | null;
  readonly message: string;
}

function settingsOf({ kind, sender, target }: CheckRequest, { settings }: RequestFrame): Record<string, string> {
  return {
    ...settings,
    'request.path': `${kind === 'call' ? '/rpc' : ''}/${encodeURIComponent(target.name)}`,
    'request.headers': '{}',
    'request.jwt.claims': JSON.stringify({ ...sender.claims, role: sender.role }),
  };
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
