import pg from 'pg';
import { raw, statementsOf } from '../../../postgres/statements.ts';
import { inRequest, runAs } from './as-request.ts';
import { NotReplayed } from './not-replayed.ts';
import type { Reached, Stage } from './replay.ts';
import { callSql, filterSql, filterValues, grantedColumns } from './request-sql.ts';

const statement = statementsOf('access/replay');

/** Reads, and finds out if a row outside of the limit was answered, or decided on the answer. */
export async function judgeRead(stage: Stage): Promise<Reached> {
  const { client, met, only, counterexample } = stage;
  if (!met) throw new NotReplayed('the counterexample names no row that is read');
  if (await isAllowed(client, only, met)) throw new NotReplayed('the row is within the limit of the property');
  return counterexample.request.way === 'table' ? readTable(stage) : readByOther(stage);
}

/** True if the limit is true of a row. A claim that cannot be cast limits to nothing. */
export async function isAllowed(client: pg.ClientBase, only: string, row: NonNullable<Stage['met']>): Promise<boolean> {
  const found = await orInvalid(client, async () => {
    const { rows } = await client.query<{ allowed: boolean }>(statement('is_allowed', { ...row, only: raw(only) }));
    return rows[0]?.allowed ?? false;
  });
  return found ?? false;
}

/** Runs a query; undefined where a value is none of its type (class 22). */
export async function orInvalid<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T | undefined> {
  await client.query(statement('begin_row'));
  try {
    return await work();
  } catch (error) {
    await client.query(statement('undo_row'));
    if (error instanceof pg.DatabaseError && error.code?.startsWith('22')) return undefined;
    throw error;
  }
}

/** More rows are answered than the limit allows among those that look like the row: it is one of them. */
async function readTable({ client, counterexample, only, placer, met, settings }: Stage): Promise<Reached> {
  const { request, role } = counterexample;
  const { schema, name } = request;
  const columns = await grantedColumns(client, request, role, 'SELECT');
  if (columns.length === 0) throw new NotReplayed(`${role} may read no column of ${schema}.${name}`);
  const shape = await placer.shapeOf(request);
  const condition = raw(filterSql(shape, filterValues(shape, await placer.read(met!), columns)));
  const sql = statement('select_rows', { schema, name, columns, condition });
  const answered = await inRequest(client, () => runAs<{ row: string }>(client, settings, sql));
  const allowed = await orInvalid(client, async () => {
    const { rows } = await client.query<{ rows: number }>(
      statement('allowed_rows', { schema, name, condition, only: raw(only) }),
    );
    return rows[0]!.rows;
  });
  if (answered.length <= (allowed ?? 0)) throw new NotReplayed('the row is not answered');
  return { evidence: answered[0]!.row, filter: {}, body: {} };
}

/** The answer of a view or a function is another one without the row. */
async function readByOther({ client, counterexample, met, settings }: Stage): Promise<Reached> {
  const { request, role } = counterexample;
  const { schema, name } = request;
  const columns = request.way === 'view' ? await grantedColumns(client, request, role, 'SELECT') : [];
  if (request.way === 'view' && columns.length === 0) {
    throw new NotReplayed(`${role} may read no column of ${schema}.${name}`);
  }
  const sql =
    request.way === 'view'
      ? statement('select_rows', { schema, name, columns, condition: raw('true') })
      : callSql(request);
  const answer = async () => {
    const rows = await inRequest(client, () => runAs<{ row: string }>(client, settings, sql));
    return rows.map(({ row }) => row);
  };
  const before = await answer();
  if (JSON.stringify(await answer()) !== JSON.stringify(before)) {
    throw new NotReplayed(`${schema}.${name} answers differently each time`);
  }
  const after = await inRequest(client, async () => {
    await client.query(statement('without_triggers'));
    await client.query(statement('remove_row', { ...met! }));
    await client.query(statement('with_triggers'));
    return answerOrNone(answer);
  });
  const only = before.find((row) => !after.includes(row));
  if (only === undefined && before.length === after.length) {
    throw new NotReplayed(`${schema}.${name} answers the same without the row`);
  }
  return { evidence: only ?? before[0] ?? 'null', filter: {}, body: {} };
}

/** A function can raise an error where it finds no row: that is another answer, too. */
async function answerOrNone(answer: () => Promise<string[]>): Promise<string[]> {
  return answer().catch((error: unknown) => {
    if (error instanceof pg.DatabaseError) return [`error ${error.code ?? ''}`];
    throw error;
  });
}
