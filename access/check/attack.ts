import type pg from 'pg';
import { raw, statementsOf } from '../../postgres/statements.ts';
import { withClient } from '../../postgres/with-client.ts';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';
import type { Property } from '../prove/property.ts';
import type { RowCommand } from '../../audit/anywhere/survey.ts';
import { claimsIn, randomClaims } from './claims.ts';
import { remains, textOf, writesOutside, type Marked } from './effects.ts';
import { literalsIn } from './literals.ts';
import { randomFrom } from './random.ts';
import { randomRequest, type RequestSource } from './random-request.ts';
import { COMMAND_OF, type CheckRequest } from './request.ts';
import { readRights } from './rights.ts';
import { randomRows, type PlacedRow, type Row } from './rows.ts';
import {
  beginCheck,
  endCheck,
  fill,
  observeRequests,
  type Observation,
  type ObservedAnswer,
  type RequestFrame,
} from './run-requests.ts';
import { readShape, tableIn, type Shape, type ShapeTable } from './shape.ts';
import { shrink, type CheckCase } from './shrink.ts';

const statement = statementsOf('access/check');

/** Start of an attack. */
export interface AttackOptions {
  /** Schemas whose tables are filled: those of the property's table and of what its policies read. */
  readonly schemas: readonly string[];
  /** How requests begin. */
  readonly frame: RequestFrame;
  /** Claims of every token, such as `exp`. @default none */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** Role whose requests have no token. @default none */
  readonly anonymous?: string | undefined;
  /** Schemas that requests name. @default `schemas` */
  readonly exposed?: readonly string[] | undefined;
  readonly seconds: number;
  /** Number that decides on all random ones. @default 1 */
  readonly seed?: number | undefined;
}

/** Result of an attack. */
export interface AttackOutcome {
  readonly requests: number;
  /** Requests that Postgres did not reject. */
  readonly served: number;
  /** Rows that were filled in. */
  readonly rows: number;
  /** The smallest case that violates the property; undefined if none was found. */
  readonly violation: CheckCase | undefined;
}

const ROUND = 60;

/**
 * Sends random requests on random rows at a property, for some seconds: Postgres itself says which rows the condition meets.
 * It sees what requests read in the table, and all that they write in it, also through functions and foreign keys. What a
 * view shows does not count. Nothing is committed.
 *
 * @param connection of a superuser: the table's policies must not bind it
 */
export function attack(
  connection: DatabaseConnection,
  property: Property,
  { schemas, frame, claims: common = {}, anonymous, exposed = schemas, seconds, seed = 1 }: AttackOptions,
): Promise<AttackOutcome> {
  return withClient(connection, async (client) => {
    const random = randomFrom(seed);
    const shape = await readShape(client, schemas);
    const known = claimsIn([property.only, ...shape.texts]);
    const words = literalsIn(shape);
    const rights = await readRights(client, property.roles, schemas);
    const isExposed = ({ schema }: QualifiedName) => exposed.includes(schema);
    const tables = leadingTo(shape, property).filter(isExposed);
    const functions = shape.functions.filter(isExposed);
    const until = performance.now() + seconds * 1000;
    const total = { requests: 0, served: 0, rows: 0 };
    if (tables.length + functions.length === 0) return { ...total, violation: undefined };
    const run = (each: CheckCase) => violationOf(client, shape, property, frame, each);
    do {
      const rows = randomRows(random, shape, words);
      const source: RequestSource = { shape, rights, words, rows, tables, functions };
      const sent = Array.from({ length: ROUND }, () => {
        const role = random.one(property.roles);
        const claims = role === anonymous ? undefined : { ...common, ...randomClaims(random, known, words) };
        return randomRequest(random, source, { role, claims });
      }).filter((request) => counts(property, request));
      const { filled, observed } = await observe(client, shape, property, frame, { rows, requests: sent });
      total.requests += sent.length;
      total.rows += filled;
      total.served += observed.filter(({ answer }) => !('code' in answer)).length;
      const first = observed.find(({ violates }) => violates);
      if (!first) continue;
      const violation = await shrink({ rows, request: first.request }, async (smaller) =>
        (await run(smaller)) ? smaller : undefined,
      );
      return { ...total, violation };
    } while (performance.now() < until);
    return { ...total, violation: undefined };
  });
}

/** The property's table, and those whose rows a foreign key may take its rows with. */
function leadingTo(shape: Shape, { relation, exceptReferences = [] }: Property): ShapeTable[] {
  const own = tableIn(shape, relation);
  const found = new Set(own ? [own] : []);
  for (const table of found) {
    for (const { name, acts, schema, table: parent } of table.references) {
      const other =
        acts && !(table === own && exceptReferences.includes(name)) && tableIn(shape, { schema, name: parent });
      if (other) found.add(other);
    }
  }
  return [...found];
}

/** Tests if the property may speak of what such a request does. */
function counts({ commands, relation }: Property, { kind, target }: CheckRequest): boolean {
  if (kind === 'call') return true;
  const isDirect = target.schema === relation.schema && target.name === relation.name;
  if (!isDirect) return kind === 'update' || kind === 'delete';
  // An upsert changes rows as well.
  const does: readonly RowCommand[] = kind === 'insert' ? ['insert', 'update'] : [COMMAND_OF[kind]];
  return does.some((command) => commands.includes(command));
}

async function violationOf(
  client: pg.ClientBase,
  shape: Shape,
  property: Property,
  frame: RequestFrame,
  { rows, request }: CheckCase,
): Promise<boolean> {
  const { observed } = await observe(client, shape, property, frame, { rows, requests: [request] });
  return observed[0]?.violates === true;
}

interface Observed {
  readonly request: CheckRequest;
  readonly answer: ObservedAnswer | { readonly code: string };
  readonly violates: boolean;
}

async function observe(
  client: pg.ClientBase,
  shape: Shape,
  property: Property,
  frame: RequestFrame,
  { rows, requests }: { readonly rows: readonly PlacedRow[]; readonly requests: readonly CheckRequest[] },
): Promise<{ readonly filled: number; readonly observed: readonly Observed[] }> {
  if (!tableIn(shape, property.relation)) return { filled: 0, observed: [] };
  await beginCheck(client);
  try {
    const filled = await fill(client, rows);
    const marks = marksSql(property);
    const observation: Observation = { first: marks, after: marks };
    const answers = await observeRequests(client, shape, requests, frame, () => observation);
    const observed = answers.map((answer, at) => ({
      request: requests[at]!,
      answer,
      violates: !('code' in answer) && violates(property, shape, requests[at]!, answer),
    }));
    return { filled: filled.length, observed };
  } finally {
    await endCheck(client);
  }
}

function marksSql({ relation: { schema, name }, only }: Property): string {
  const condition = only.replaceAll(/(?<![\w.])claim\s*\(/g, 'pg_temp.check_claim(');
  const mark = (text: string) => statement('mark', { schema, name, only: raw(text) });
  return statement('marks', { marked: mark(condition), unmarked: mark('false') });
}

/** Tests if a row that the condition does not meet was read, changed or deleted, or is there afterwards. */
function violates(property: Property, shape: Shape, request: CheckRequest, answer: ObservedAnswer): boolean {
  const around = { before: answer.earlier as readonly Marked[], after: answer.later as readonly Marked[] };
  const { columns, rows } = shownRows(property, shape, request, answer);
  if (property.commands.includes('select') && rows.length > 0) {
    const met = [...around.before, ...(request.kind === 'read' ? [] : around.after)].filter(({ meets }) => meets);
    const allowed = met.map(({ row }) => pick(row, columns));
    const outside = new Set(around.before.filter(({ meets }) => !meets).map(({ row }) => textOf(pick(row, columns))));
    if (remains(rows, allowed, textOf).some((row) => outside.has(textOf(row)))) return true;
  }
  if (request.kind === 'read') return false;
  const table = tableIn(shape, property.relation)!;
  return writesOutside(property, request, around, table.has_primary_key ? table.keys[0] : undefined);
}

/** Rows of the property's table that an answer shows: of a read, or of a function that returns such rows. */
function shownRows(
  { relation }: Property,
  shape: Shape,
  request: CheckRequest,
  { rows }: ObservedAnswer,
): { readonly columns: readonly string[]; readonly rows: readonly Row[] } {
  if (request.kind === 'read')
    return { columns: request.columns, rows: (rows ?? []).map((row) => pick(row, request.columns)) };
  const types = [relation.name, `${relation.schema}.${relation.name}`];
  const isOfTable = shape.functions.some(
    ({ schema, name, returns }) =>
      schema === request.target.schema && name === request.target.name && types.includes(returns),
  );
  if (request.kind !== 'call' || !isOfTable) return { columns: [], rows: [] };
  const called = (rows ?? []).map((row) => row['called'] as unknown as Row | null);
  const columns = tableIn(shape, relation)!.columns.map(({ name }) => name);
  return { columns, rows: called.filter((row) => row !== null).map((row) => pick(row, columns)) };
}

const pick = (row: Row, columns: readonly string[]): Row =>
  Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));
