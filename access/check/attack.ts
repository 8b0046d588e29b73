import type pg from 'pg';
import { raw, statementsOf } from '../../postgres/statements.ts';
import { withClient } from '../../postgres/with-client.ts';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import type { Property } from '../prove/property.ts';
import type { RowCommand } from '../../audit/anywhere/survey.ts';
import { claimsIn, randomClaims, type ReadClaim } from './claims.ts';
import { literalsIn } from './literals.ts';
import { randomFrom, type Random } from './random.ts';
import { randomRequest, type RequestSource } from './random-request.ts';
import type { CheckRequest } from './request.ts';
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
import { readShape, tableIn, type Shape } from './shape.ts';
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
  readonly seconds: number;
  /** Number that decides on all random ones. @default 1 */
  readonly seed?: number | undefined;
}

/** Result of an attack. */
export interface AttackOutcome {
  readonly requests: number;
  /** Requests that Postgres did not reject. */
  readonly served: number;
  /** The smallest case that violates the property; undefined if none was found. */
  readonly violation: CheckCase | undefined;
}

const ROUND = 60;

/**
 * Sends random requests on random rows at a property, for some seconds: Postgres itself says which rows the condition meets.
 * It sees what requests read in the table, and all that they write in it, also through functions. Nothing is committed.
 *
 * @param connection of a superuser: the table's policies must not bind it
 */
export function attack(
  connection: DatabaseConnection,
  property: Property,
  { schemas, frame, claims: common = {}, anonymous, seconds, seed = 1 }: AttackOptions,
): Promise<AttackOutcome> {
  return withClient(connection, async (client) => {
    const random = randomFrom(seed);
    const shape = await readShape(client, schemas);
    const known = claimsIn([property.only, ...shape.texts]);
    const words = literalsIn(shape);
    const rights = await readRights(client, property.roles, schemas);
    const until = performance.now() + seconds * 1000;
    let requests = 0;
    let served = 0;
    const run = (each: CheckCase) => violationOf(client, shape, property, frame, each);
    while (performance.now() < until) {
      const rows = randomRows(random, shape, words);
      const source: RequestSource = {
        shape,
        rights,
        words,
        rows,
        tables: shape.tables.filter(
          (table) => table.schema === property.relation.schema && table.name === property.relation.name,
        ),
        functions: property.commands.some((command) => command !== 'select')
          ? shape.functions.filter(({ schema }) => schema === property.relation.schema)
          : [],
      };
      const sent = Array.from({ length: ROUND }, () => {
        const role = random.one(property.roles);
        const claims =
          role === anonymous && random.percent(80) ? undefined : { ...claimsFor(random, known, words), ...common };
        return randomRequest(random, source, { role, claims });
      }).filter((request) => counts(property, request));
      const found = await observe(client, shape, property, frame, { rows, requests: sent });
      requests += sent.length;
      served += found.filter(({ answer }) => !('code' in answer)).length;
      const first = found.find(({ violates }) => violates);
      if (!first) continue;
      const violation = await shrink({ rows, request: first.request }, async (smaller) =>
        (await run(smaller)) ? smaller : undefined,
      );
      return { requests, served, violation };
    }
    return { requests, served, violation: undefined };
  });
}

const claimsFor = (random: Random, known: readonly ReadClaim[], words: readonly string[]) =>
  randomClaims(random, known, words);

const COMMANDS: Readonly<Record<Exclude<CheckRequest['kind'], 'call'>, RowCommand>> = {
  read: 'select',
  insert: 'insert',
  update: 'update',
  delete: 'delete',
};

/** Tests if the property speaks of such a request. */
function counts({ commands, columns }: Property, request: CheckRequest): boolean {
  if (request.kind === 'call') return true;
  // An upsert changes rows as well.
  const does =
    request.kind === 'insert' && request.conflict === 'merge-duplicates'
      ? ['insert', 'update']
      : [COMMANDS[request.kind]];
  if (!does.every((command) => (commands as readonly string[]).includes(command))) return false;
  if (columns === undefined || request.kind === 'read' || request.kind === 'delete') return true;
  const written = request.kind === 'insert' ? request.columns : Object.keys(request.set);
  return written.some((column) => columns.includes(column));
}

async function violationOf(
  client: pg.ClientBase,
  shape: Shape,
  property: Property,
  frame: RequestFrame,
  { rows, request }: CheckCase,
): Promise<boolean> {
  const [only] = await observe(client, shape, property, frame, { rows, requests: [request] });
  return only!.violates;
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
): Promise<Observed[]> {
  if (!tableIn(shape, property.relation)) return [];
  await beginCheck(client);
  try {
    await fill(client, rows);
    const marks = marksSql(property);
    const observation: Observation = { first: marks, after: marks };
    const answers = await observeRequests(client, shape, requests, frame, () => observation);
    return answers.map((answer, at) => ({
      request: requests[at]!,
      answer,
      violates: !('code' in answer) && violates(property, requests[at]!, answer),
    }));
  } finally {
    await endCheck(client);
  }
}

function marksSql({ relation: { schema, name }, only }: Property): string {
  const condition = only.replaceAll(/(?<![\w.])claim\s*\(/g, 'pg_temp.check_claim(');
  const mark = (text: string) => statement('mark', { schema, name, only: raw(text) });
  return statement('marks', { marked: mark(condition), unmarked: mark('false') });
}

interface Marked {
  readonly row: Row;
  readonly meets: boolean;
}

/** Tests if a row that the condition does not meet was read, changed or deleted, or is there afterwards. */
function violates(property: Property, request: CheckRequest, answer: ObservedAnswer): boolean {
  const [before, after] = [answer.earlier as readonly Marked[], answer.later as readonly Marked[]];
  if (request.kind === 'read') {
    const shown = (answer.rows ?? []).map((row) => textOf(pick(row, request.columns)));
    const allowed = before.filter(({ meets }) => meets).map(({ row }) => textOf(pick(row, request.columns)));
    return remains(shown, allowed).length > 0;
  }
  const [earlier, later] = [before, after].map((marked) =>
    marked.filter(({ meets }) => !meets).map(({ row }) => textOf(row)),
  ) as [string[], string[]];
  const gone =
    remains(
      earlier,
      after.map(({ row }) => textOf(row)),
    ).length > 0;
  const added =
    remains(
      later,
      before.map(({ row }) => textOf(row)),
    ).length > 0;
  const changes = (['update', 'delete'] as const).some((command) => property.commands.includes(command));
  const writes = (['insert', 'update'] as const).some((command) => property.commands.includes(command));
  return (gone && changes) || (added && writes);
}

const pick = (row: Row, columns: readonly string[]): Row =>
  Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));
const textOf = (row: Row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Items that the others do not have as often. */
function remains(items: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return items.filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
