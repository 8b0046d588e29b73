import pg from 'pg';
import { quoteIdentifier, quoteLiteral } from '../../../postgres/quote.ts';
import { raw, statementsOf } from '../../../postgres/statements.ts';
import type { RowValues } from '../verdict.ts';
import { inRequest, runAs } from './as-request.ts';
import { isAllowed, orInvalid } from './judge-read.ts';
import { NotReplayed } from './not-replayed.ts';
import type { PlacedRow } from './place-rows.ts';
import type { Reached, Stage } from './replay.ts';
import { callSql, filterSql, filterValues, grantedColumns } from './request-sql.ts';
import { rowFiller, type RowFiller } from './row-filler.ts';

const statement = statementsOf('access/replay');

const FOREIGN_KEY = '23503';
const MOST_REHEARSALS = 3;

/** Writes, and finds out if a row outside of the limit was changed, deleted or written. */
export async function judgeWrite(stage: Stage): Promise<Reached> {
  const { property, counterexample, client } = stage;
  const { request } = counterexample;
  const { columns } = property;
  if (!request.of && columns && !columns.some((column) => Object.hasOwn(request.written ?? {}, column))) {
    throw new NotReplayed(`the request writes none of ${columns.join(', ')}`);
  }
  const forbidden = await forbiddenRows(stage);
  const attempts = await attemptsOf(stage);
  let why = '';
  for (const attempt of attempts) {
    // Two parent rows can exclude each other.
    let rehearsals = 0;
    for (;;) {
      const outcome = await tryOnce(stage, attempt.sql(), forbidden);
      if ('evidence' in outcome) return { ...outcome, filter: attempt.filter, body: attempt.body() };
      const { error } = outcome;
      why = error
        ? `Postgres answers: ${error.message} (${error.code ?? 'no code'})`
        : 'no row outside of the limit is reached';
      if (!error) break;
      if (error.code === FOREIGN_KEY && rehearsals++ < MOST_REHEARSALS && (await placeParents(stage, attempt.sql()))) {
        continue;
      }
      if (!(await attempt.filler?.retry(client, error))) break;
    }
  }
  throw new NotReplayed(why);
}

interface Attempt {
  sql(): string;
  readonly filter: RowValues;
  body(): RowValues;
  readonly filler?: RowFiller;
}

/** Ways to send the request: with a filter where the role may read columns, and without one. */
async function attemptsOf({ client, counterexample, placer, met }: Stage): Promise<readonly Attempt[]> {
  const { request, role } = counterexample;
  const { schema, name, way, command, written = {} } = request;
  if (way === 'function') return [{ sql: () => callSql(request), filter: {}, body: () => ({}) }];
  const shape = await placer.shapeOf(request);
  const values = met ? await placer.read(met) : (request.row ?? {});
  const filter = filterValues(shape, values, await grantedColumns(client, request, role, 'SELECT'));
  const filters = Object.keys(filter).length === 0 ? [{}] : [filter, {}];
  if (command === 'delete') {
    return filters.map((by) => ({
      sql: () => statement('delete', { schema, name, condition: raw(filterSql(shape, by)) }),
      filter: by,
      body: () => ({}),
    }));
  }
  const writable = await grantedColumns(client, request, role, command === 'insert' ? 'INSERT' : 'UPDATE');
  const given = Object.fromEntries(Object.entries(written).filter(([column]) => writable.includes(column)));
  if (command === 'update') {
    const names = Object.keys(given);
    if (names.length === 0) throw new NotReplayed(`${role} may update none of ${Object.keys(written).join(', ')}`);
    const assignments = raw(
      names.map((column) => `${quoteIdentifier(column)} = ${literal(given[column]!)}`).join(', '),
    );
    return filters.map((by) => ({
      sql: () => statement('update', { schema, name, assignments, condition: raw(filterSql(shape, by)) }),
      filter: by,
      body: () => given,
    }));
  }
  const filler = rowFiller(shape, given, { mayFill: (column) => writable.includes(column), keepsDefaults: true });
  const sql = () => {
    const filled = filler.values();
    if (filled.size === 0) return statement('insert_defaults', { schema, name });
    return statement('insert', {
      schema,
      name,
      columns: [...filled.keys()],
      values: raw([...filled.values()].join(', ')),
    });
  };
  return [{ sql, filter: {}, body: () => filler.texts(), filler }];
}

function literal(value: string | null): string {
  return value === null ? 'NULL' : quoteLiteral(value);
}

type Outcome = { readonly evidence: string } | { readonly error: pg.DatabaseError | undefined };

/** Rows outside of the limit that must stay as they are: the row of the request, or those that may go with it. */
async function forbiddenRows({ property, counterexample, client, met, only, placer }: Stage): Promise<PlacedRow[]> {
  const { schema, name } = property.relation;
  const rows = counterexample.request.of
    ? placer.placed.filter((row) => row.schema === schema && row.name === name)
    : met
      ? [met]
      : [];
  const allowed = await Promise.all(rows.map((row) => isAllowed(client, only, row)));
  return rows.filter((_, n) => !allowed[n]);
}

async function tryOnce(stage: Stage, sql: string, forbidden: readonly PlacedRow[]): Promise<Outcome> {
  const { client, settings, counterexample, placer } = stage;
  return inRequest(client, async (mark): Promise<Outcome> => {
    try {
      await runAs(client, settings, sql);
    } catch (error) {
      if (error instanceof pg.DatabaseError) return { error };
      throw error;
    }
    if (counterexample.request.command !== 'delete' || counterexample.request.of) {
      const outside = (await writtenRows(stage, mark)).find(({ allowed }) => !allowed);
      if (outside) return { evidence: outside.row };
    }
    for (const row of forbidden) {
      const isGone = Object.keys(await placer.read(row)).length === 0;
      if (isGone) return { evidence: `${row.schema}.${row.name} was changed` };
    }
    return { error: undefined };
  });
}

interface WrittenRow {
  readonly row: string;
  readonly allowed: boolean;
  readonly part: string;
  readonly place: string;
}

/** Rows of the property's table that the request has written. */
async function writtenRows({ client, property, only, placer }: Stage, mark: string): Promise<readonly WrittenRow[]> {
  const { schema, name } = property.relation;
  const read = async (condition: string) => {
    const sql = statement('written_rows', { schema, name, mark, only: raw(condition) });
    const { rows } = await client.query<WrittenRow>(sql);
    const placed = new Set(placer.placed.map(({ part, place }) => `${part} ${place}`));
    return rows.filter(({ part, place }) => !placed.has(`${part} ${place}`));
  };
  // A claim that cannot be cast limits to nothing.
  return (await orInvalid(client, () => read(only))) ?? read('false');
}

/** Places the rows that a rehearsal without foreign keys would have needed; false if there are none. */
async function placeParents(stage: Stage, sql: string): Promise<boolean> {
  const { client, settings, property, placer } = stage;
  const before = placer.placed.length;
  const written = await inRequest(client, async (mark): Promise<readonly RowValues[]> => {
    try {
      await client.query(statement('without_triggers'));
      await runAs(client, settings, sql);
      const rows = await writtenRows(stage, mark);
      return await Promise.all(rows.map((row) => placer.read({ ...property.relation, ...row })));
    } catch (error) {
      if (error instanceof pg.DatabaseError) return [];
      throw error;
    }
  });
  await client.query(statement('without_triggers'));
  for (const values of written) await placer.placeParents(property.relation, values);
  await client.query(statement('with_triggers'));
  return placer.placed.length > before;
}
