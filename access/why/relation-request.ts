import { didYouMean } from '../../errors/did-you-mean.ts';
import type { RowCommand, SurveyedRelation } from '../../audit/anywhere/survey.ts';
import { fix } from '../../audit/fix.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { raw, statementsOf } from '../../postgres/statements.ts';
import type { EmbeddedRequest } from './embedded/embedded-request.ts';
import { joinColumns } from './embedded/relationship.ts';
import { embeddedRows, isEmbedded } from './embedded/embedded-sql.ts';
import type { Step } from './explanation.ts';
import type { NeededGrant } from './grants.ts';
import type { ApiRequest, Method } from './request/api-request.ts';
import { readFilters, type Filters } from './request/filters.ts';
import { readTarget } from './request/request-target.ts';
import { conflictClause, conflictOf, grantsForConflict, type Conflict } from './upsert.ts';
import { allOf } from './rows.ts';

const statement = statementsOf('access/why');

const COMMANDS: Readonly<Record<Method, RowCommand>> = {
  GET: 'select',
  HEAD: 'select',
  POST: 'insert',
  PUT: 'insert',
  PATCH: 'update',
  DELETE: 'delete',
};

/** A request for a table or view, as Postgres gets it. */
export interface RelationRequest {
  readonly relation: SurveyedRelation;
  readonly command: RowCommand;
  readonly filters: Filters;
  /** Columns that are read to answer, by which it orders too. */
  readonly read: readonly string[];
  /** Columns that are written. */
  readonly written: readonly string[];
  /** Rows to insert, or the one with the new values. */
  readonly body: readonly Readonly<Record<string, unknown>>[];
  /** True if a policy for SELECT counts: columns are filtered by, or returned. */
  readonly needsSelect: boolean;
  /** True if it asks for a part of the rows. */
  readonly isPaged: boolean;
  /** What an INSERT does where the row exists; undefined: Postgres rejects it. */
  readonly conflict: Conflict | undefined;
  /** Resources that the answer embeds. */
  readonly embedded: readonly EmbeddedRequest[];
}

/** Takes a request for a relation apart. @param embedded resources that it embeds; those of a request that answers nothing are none */
export function relationRequest(
  relation: SurveyedRelation,
  request: ApiRequest,
  embedded: readonly EmbeddedRequest[] = [],
): RelationRequest {
  const { method, target, body = [], returnsRows = false } = request;
  const command = COMMANDS[method];
  const parameters = new URLSearchParams(target.split('?').slice(1).join('?'));
  // A filter with a dot is one of an embedded resource, and so is one by its name.
  const own = [...parameters].filter(
    ([name]) => (!name.includes('.') || /^not\.(and|or)$/.test(name)) && !embedded.some((one) => one.name === name),
  );
  const filters = readFilters(command === 'insert' ? [] : own);
  const conflict = conflictOf(relation, request);
  const isAnswered = command === 'select' || returnsRows;
  const all = relation.columns.map(({ name }) => name);
  const named = parameters
    .get('columns')
    ?.split(',')
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  const read = isAnswered
    ? [...(readTarget(target).selected ?? all), ...orderColumns(parameters.get('order') ?? '')]
    : [];
  return {
    relation,
    command,
    filters,
    read: [...new Set(read)],
    written: command === 'insert' || command === 'update' ? (named ?? [...new Set(body.flatMap(Object.keys))]) : [],
    body,
    needsSelect: read.length > 0 || conflict !== undefined || (command !== 'insert' && filters.columns.length > 0),
    isPaged: parameters.has('limit') || parameters.has('offset'),
    conflict,
    embedded: isAnswered ? embedded : [],
  };
}

/** Columns of `order=due_on.desc.nullslast,title`; embedded resources are left out. */
function orderColumns(order: string): string[] {
  return order.split(',').flatMap((part) => {
    const [, name] = /^([^.()]+)(?:\.(?:asc|desc|nullsfirst|nullslast))*$/.exec(part.trim()) ?? [];
    return name === undefined ? [] : [name.split('->')[0]!];
  });
}

/** The step of a column that the relation does not have; undefined where it has all. */
export function unknownColumn({
  relation,
  read = [],
  written = [],
  filters,
}: Pick<RelationRequest, 'relation' | 'filters'> & Partial<Pick<RelationRequest, 'read' | 'written'>>):
  Step | undefined {
  const known = relation.columns.map(({ name }) => name);
  const unknown = [...read, ...written, ...filters.columns].find((name) => !known.includes(name));
  if (unknown === undefined) return undefined;
  return {
    stage: 'address',
    outcome: 'decided',
    words: `${relation.schema}.${relation.name} has no column ${JSON.stringify(unknown)}${didYouMean(unknown, known)}`,
    fix: fix(`name one of ${known.join(', ')}`),
  };
}

/** Grants that the request needs. */
export function neededGrants(request: RelationRequest): NeededGrant[] {
  const { command, read, written, filters, relation, conflict, embedded } = request;
  const needed: NeededGrant[] = [];
  if (command === 'insert') needed.push({ command, columns: written.length === 0 ? 'any' : written });
  if (command === 'update') needed.push({ command, columns: written });
  if (command === 'delete') needed.push({ command, columns: 'any' });
  if (command === 'select' || read.length > 0) {
    const isAll = read.length === relation.columns.length;
    const reason = isAll ? 'a request without `select` asks for every column' : undefined;
    needed.push({
      command: 'select',
      columns: read.length === 0 ? 'any' : read,
      ...(reason !== undefined && { reason }),
    });
  }
  const filtered = filters.columns.filter((name) => !read.includes(name));
  if (filtered.length > 0) {
    needed.push({ command: 'select', columns: filtered, reason: `the request filters by ${filtered.join(', ')}` });
  }
  if (conflict) needed.push(...grantsForConflict(conflict, written));
  for (const { name, hops } of embedded) {
    const columns = joinColumns(hops[0]!).map(([from]) => from);
    needed.push({ command: 'select', columns, reason: `${name} is embedded by ${columns.join(', ')}` });
  }
  return needed;
}

/** The statement, without the JSON that PostgREST makes of its rows. */
export function statementsFor(request: RelationRequest, limit: number): string[] {
  const { relation, command, read, filters, body, embedded } = request;
  const { schema, name } = relation;
  const condition = raw(allOf(filters.conditions));
  const rows = embedded.map((one) => embeddedRows(one, name));
  if (command === 'select') {
    const columns = raw([...read.map(quoteIdentifier), ...rows].join(', '));
    const found = raw(allOf([...filters.conditions, ...embedded.flatMap((one) => isEmbedded(one, name))]));
    return [statement('select', { schema, name, columns, condition: found, limit: String(limit) })];
  }
  const returned = [
    ...new Set([...read, ...embedded.flatMap(({ hops }) => joinColumns(hops[0]!).map(([from]) => from))]),
  ];
  const returning = raw(returned.length === 0 ? '' : `RETURNING ${returned.map(quoteIdentifier).join(', ')}`);
  const writes =
    command === 'delete'
      ? [statement('delete', { schema, name, condition, returning })]
      : writesFor(request, condition.fragment, returning.fragment, body);
  if (rows.length === 0) return writes;
  return writes.map((sql) => statement('with_embedded', { name, write: raw(sql), embedded: raw(rows.join(', ')) }));
}

/** Statements that write the given rows, or the new values into the rows that a condition finds. */
export function writesFor(
  { relation, command, written, conflict }: RelationRequest,
  condition: string,
  returning: string,
  body: RelationRequest['body'],
): string[] {
  const { schema, name } = relation;
  if (command === 'update') {
    const [values = {}] = body;
    return [
      statement('update', {
        schema,
        name,
        columns: written,
        content: JSON.stringify(values),
        condition: raw(condition),
        returning: raw(returning),
      }),
    ];
  }
  if (written.length === 0)
    return body.map(() => statement('insert_defaults', { schema, name, returning: raw(returning) }));
  return [
    statement('insert', {
      schema,
      name,
      columns: written,
      content: JSON.stringify(body),
      conflict: raw(conflict ? conflictClause(conflict, written) : ''),
      returning: raw(returning),
    }),
  ];
}
