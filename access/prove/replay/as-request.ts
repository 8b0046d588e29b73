import type pg from 'pg';
import { statementsOf } from '../../../postgres/statements.ts';
import type { RequestSettings } from './request-settings.ts';

const statement = statementsOf('access/replay');

/**
 * Does work between the beginning of a request and a rollback of it. The work gets a mark: visible rows of transactions
 * from there on were written in this one.
 */
export async function inRequest<T>(client: pg.ClientBase, work: (mark: string) => Promise<T>): Promise<T> {
  await client.query(statement('begin_request'));
  try {
    const { rows } = await client.query<{ mark: string }>(statement('mark'));
    return await work(rows[0]!.mark);
  } finally {
    await client.query(statement('undo_request'));
  }
}

/** Runs a statement as the request's role, after the pre-request call, and becomes the admin again. */
export async function runAs<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  { names, settings, preRequest }: RequestSettings,
  sql: string,
): Promise<readonly Row[]> {
  await client.query(statement('become', { names, settings }));
  if (preRequest !== undefined) await client.query(preRequest);
  const { rows } = await client.query<Row>(sql);
  await client.query(statement('end_become'));
  return rows;
}
