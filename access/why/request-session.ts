import type pg from 'pg';
import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import { statementsOf } from '../../postgres/statements.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';

const statement = statementsOf('access/why');
const probes = statementsOf('access/probes');

/** An error of Postgres, as node-postgres gives it. */
export interface DatabaseError {
  readonly message: string;
  readonly code?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly where?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
}

/** Either the rows of the last statement, or the error of the first one that failed. */
export type Outcome =
  | { readonly rows: readonly pg.QueryResultRow[]; readonly count: number; readonly error?: undefined }
  | { readonly error: DatabaseError; readonly rows?: undefined };

/** Begins and ends parts of one transaction, as the connected role or as the request's role. */
export interface RequestSession {
  readonly client: pg.ClientBase;
  readonly audited: Anywhere;
  /** Settings of the request, with its role last. */
  readonly settings: Readonly<Record<string, string>>;
  /** Function that PostgREST calls before each request; undefined without one. */
  readonly preRequest: QualifiedName | undefined;
  /** Milliseconds after which Postgres cancels a statement. @default those of the request's role */
  readonly statementTimeoutMs?: number | undefined;
}

/** Runs statements, and undoes them. The error of one ends it. */
export async function attempt(
  { client }: Pick<RequestSession, 'client'>,
  ...statements: readonly string[]
): Promise<Outcome> {
  await client.query(statement('begin_part'));
  try {
    let result: pg.QueryResult | undefined;
    for (const sql of statements) result = await client.query(sql);
    return { rows: result?.rows ?? [], count: result?.rowCount ?? 0 };
  } catch (error) {
    if (!isDatabaseError(error)) throw error;
    return { error };
  } finally {
    await client.query(statement('end_part'));
  }
}

function isDatabaseError(error: unknown): error is Error & DatabaseError {
  return error instanceof Error && 'code' in error && 'severity' in error;
}

/** Statements with which a request begins: its settings, its role and the check before it. */
export function beginning({ settings, preRequest, statementTimeoutMs }: RequestSession): string[] {
  const become = statement('become', { names: Object.keys(settings), settings: Object.values(settings) });
  return [
    become,
    ...(preRequest ? [statement('pre_request', { ...preRequest })] : []),
    ...(statementTimeoutMs === undefined ? [] : [timeout(statementTimeoutMs)]),
  ];
}

/** @param milliseconds 0 for none */
export function timeout(milliseconds: number): string {
  return statement('timeout', { milliseconds: String(milliseconds) });
}

/** The settings of a request without its role: for the connected role, whose defaults and functions then read its claims. */
export function claimsAlone({ settings }: Pick<RequestSession, 'settings'>): string {
  const others = Object.entries(settings).filter(([name]) => name !== 'role');
  return statement('become', { names: others.map(([name]) => name), settings: others.map(([, value]) => value) });
}

/** Runs statements as the request does, and undoes them. */
export function attemptAsRequest(session: RequestSession, ...statements: readonly string[]): Promise<Outcome> {
  return attempt(session, ...beginning(session), ...statements);
}

/** Lets the connected role become a role until the transaction ends; false where it may not. */
export async function joinRole({ client }: Pick<RequestSession, 'client'>, role: string): Promise<boolean> {
  const { rows } = await client.query<{ ours: boolean }>(probes('roles', { roles: [role], authenticator: role }));
  if (rows[0]?.ours) return true;
  const join = probes('join_role', { role });
  if ((await attempt({ client }, join)).error) return false;
  await client.query(join);
  return true;
}
