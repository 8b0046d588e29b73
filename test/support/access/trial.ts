import type pg from 'pg';
import type { DeclarationInput } from '../../../declaration/index.ts';
import { claimsIn, randomClaims, type ReadClaim } from '../../../access/check/claims.ts';
import type { Random } from '../../../access/check/random.ts';
import { randomRequest, type RequestSource, type Rights } from '../../../access/check/random-request.ts';
import { readRights } from '../../../access/check/rights.ts';
import type { CheckRequest, Sender } from '../../../access/check/request.ts';
import { randomRows, type PlacedRow, type Row } from '../../../access/check/rows.ts';
import {
  beginCheck,
  endCheck,
  fill,
  runRequests,
  stateSql,
  type RequestFrame,
  type State,
} from '../../../access/check/run-requests.ts';
import { readShape, type Shape, type ShapeTable } from '../../../access/check/shape.ts';
import { literalsIn } from '../../../access/check/literals.ts';
import type { QualifiedName } from '../../../postgres/qualified-name.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import { differenceOf } from './compare.ts';
import { NotModelled } from './model/errors.ts';
import { Model, type Expected } from './model/model.ts';

/** What is compared: a declaration, and the database that it was made into, as it is without faults. */
export interface Subject {
  readonly input: DeclarationInput;
  readonly shape: Shape;
  readonly rights: Rights;
  readonly claims: readonly ReadClaim[];
  readonly words: readonly string[];
  readonly frame: RequestFrame;
  readonly senders: readonly string[];
  /** Columns that a trigger sets, and tables, as `schema.name`, that it writes. */
  readonly ignored: ReadonlySet<string>;
}

/** A case in which the database does something else than the model. */
export interface Difference {
  readonly rows: readonly PlacedRow[];
  readonly request: CheckRequest;
  readonly difference: string;
}

export interface TrialOutcome {
  readonly compared: number;
  readonly notModelled: readonly string[];
  readonly differences: readonly Difference[];
}

/** Reads what the trials of a declaration need. */
export async function subjectOf(
  client: pg.ClientBase,
  input: DeclarationInput,
  ignored: readonly string[] = [],
): Promise<Subject> {
  const { roles, name } = input;
  const schemas = [...input.schemas, ...(input.internalSchemas ?? [])];
  const privateSchema = input.privateSchema ?? `${name}_private`;
  const anonymous = typeof roles.anonymous === 'object' ? roles.anonymous.name : roles.anonymous;
  const senders = [
    ...roles.users.map((user) => (typeof user === 'object' ? user.name : user)),
    ...(anonymous === undefined ? [] : [anonymous]),
  ];
  const shape = await readShape(client, schemas);
  return {
    input,
    shape,
    rights: await readRights(client, senders, schemas),
    claims: claimsIn([...shape.texts, ...(input.migrations ?? []).map(({ sql }) => sql)]),
    words: literalsIn(shape),
    frame: {
      settings: { search_path: schemas.map((schema) => quoteIdentifier(schema)).join(', ') },
      before: `SELECT ${quoteIdentifier(privateSchema)}.pre_request()`,
    },
    senders,
    ignored: new Set(ignored),
  };
}

/** Runs random requests on random rows, and compares each answer with the model's. Nothing stays in the database. */
export async function runTrial(
  client: pg.ClientBase,
  subject: Subject,
  random: Random,
  count: number,
): Promise<TrialOutcome> {
  await beginCheck(client);
  try {
    const rows = await fill(client, randomRows(random, subject.shape, subject.words));
    const state = await readState(client, subject.shape);
    const source = sourceOf(subject, state);
    const requests = Array.from({ length: count }, () => randomRequest(random, source, randomSender(random, subject)));
    return await compareRequests(client, subject, state, requests, rows);
  } finally {
    await endCheck(client);
  }
}

/** Runs a case again, after `sql` has changed the database; undefined where there is no difference. */
export async function runCase(
  client: pg.ClientBase,
  subject: Subject,
  { rows, request }: Pick<Difference, 'rows' | 'request'>,
  sql = '',
): Promise<Difference | undefined> {
  await beginCheck(client);
  try {
    if (sql !== '') await client.query(sql);
    const filled = await fill(client, rows);
    const outcome = await compareRequests(client, subject, await readState(client, subject.shape), [request], filled);
    return outcome.differences[0];
  } finally {
    await endCheck(client);
  }
}

/** Rows, requests and what the model expects of them: made once, for many databases. */
export interface Round {
  readonly rows: readonly PlacedRow[];
  readonly requests: readonly CheckRequest[];
  /** Undefined for what the model does not read. */
  readonly expected: readonly (Expected | undefined)[];
}

/** Makes a round on the database without faults, half of its requests to the aimed table. */
export async function makeRound(
  client: pg.ClientBase,
  subject: Subject,
  random: Random,
  count: number,
  aimed?: QualifiedName,
): Promise<Round> {
  await beginCheck(client);
  try {
    const rows = await fill(client, randomRows(random, subject.shape, subject.words));
    return { rows, ...(await requestsOnRows(client, subject, random, count, aimed)) };
  } finally {
    await endCheck(client);
  }
}

/** Random requests on the rows that there are, half of them to the aimed table, often without a claim. */
export async function requestsOnRows(
  client: pg.ClientBase,
  subject: Subject,
  random: Random,
  count: number,
  aimed?: QualifiedName,
): Promise<Pick<Round, 'requests' | 'expected'>> {
  const state = await readState(client, subject.shape);
  const source = sourceOf(subject, state);
  const tables = source.tables.filter(({ schema, name }) => schema === aimed?.schema && name === aimed.name);
  const rows = tables.flatMap(({ schema, name }) => state[`${schema}.${name}`] ?? []);
  const requests = Array.from({ length: count }, () => {
    if (tables.length === 0 || random.percent(50)) return randomRequest(random, source, randomSender(random, subject));
    const sender = randomSender(random, subject, 25);
    const known = rows.length > 0 && random.percent(60);
    const fitting = known ? withClaimsOf(random, subject, sender, tables[0]!, random.one(rows)) : sender;
    return randomRequest(random, { ...source, tables, functions: [] }, fitting);
  });
  const model = new Model(subject.input, subject.shape, state);
  return { requests, expected: requests.map((request) => orUndefined(() => model.answer(request))) };
}

/** Fills the tables with random rows for good. */
export async function fillForGood(client: pg.ClientBase, { shape, words }: Subject, random: Random): Promise<void> {
  await beginCheck(client);
  await fill(client, randomRows(random, shape, words));
  await client.query('COMMIT');
}

/** The first difference that a round finds after `sql` has changed the database, which is undone. */
export async function findDifference(
  client: pg.ClientBase,
  { shape, frame, ignored }: Subject,
  { rows, requests, expected }: Round,
  sql: string,
): Promise<Difference | undefined> {
  await beginCheck(client);
  try {
    // Before the fault: a trigger may need what it takes away.
    await fill(client, rows);
    await client.query(sql);
    const answers = await runRequests(client, shape, requests, frame);
    for (const [at, request] of requests.entries()) {
      // A claim that is no value of a type: the plan decides whether a condition meets it.
      if ('code' in answers[at]! && answers[at].code.startsWith('22')) continue;
      const difference = expected[at] && differenceOf(expected[at], answers[at]!, ignored);
      if (difference !== undefined) return { rows, request, difference };
    }
    return undefined;
  } finally {
    await endCheck(client);
  }
}

function orUndefined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof NotModelled) return undefined;
    throw error;
  }
}

async function compareRequests(
  client: pg.ClientBase,
  subject: Subject,
  state: State,
  requests: readonly CheckRequest[],
  rows: readonly PlacedRow[],
): Promise<TrialOutcome> {
  const { input, shape, frame, ignored } = subject;
  const answers = await runRequests(client, shape, requests, frame);
  const model = new Model(input, shape, state);
  const notModelled: string[] = [];
  const differences = requests.flatMap((request, at): Difference[] => {
    try {
      const difference = differenceOf(model.answer(request), answers[at]!, ignored);
      return difference === undefined ? [] : [{ rows, request, difference }];
    } catch (error) {
      if (!(error instanceof NotModelled)) throw error;
      notModelled.push(error.message);
      return [];
    }
  });
  return { compared: requests.length - notModelled.length, notModelled, differences };
}

async function readState(client: pg.ClientBase, shape: Shape): Promise<State> {
  const { rows } = await client.query<{ jsonb_object_agg: State }>(stateSql(shape));
  return rows[0]!.jsonb_object_agg;
}

function sourceOf(subject: Subject, state: State): RequestSource {
  const { input, shape } = subject;
  const exposed = new Set(input.schemas);
  const declared = new Set((input.functions ?? []).map(({ name }) => name.split('.').at(-1)));
  return {
    shape,
    tables: shape.tables.filter(({ schema }) => exposed.has(schema)),
    functions: shape.functions.filter(({ schema, name }) => exposed.has(schema) && declared.has(name)),
    rights: subject.rights,
    words: subject.words,
    rows: Object.entries(state).flatMap(([place, rows]) => {
      const [schema = '', name = ''] = place.split('.');
      return rows.map((row) => ({ schema, name, row }));
    }),
  };
}

const IN_AN_HOUR = Math.floor(Date.now() / 1000) + 3600;

export function randomSender(random: Random, { input, senders, claims, words }: Subject, missing?: number): Sender {
  const role = random.one(senders);
  const anonymous = typeof input.roles.anonymous === 'object' ? input.roles.anonymous.name : input.roles.anonymous;
  if (role === anonymous && random.percent(80)) return { role };
  const { issuer, audience } = input.tokens ?? {};
  const valid = {
    exp: IN_AN_HOUR,
    ...(issuer !== undefined && { iss: issuer }),
    ...(audience !== undefined && { aud: random.percent(50) ? audience : [audience] }),
  };
  const spoilt = Object.fromEntries(Object.entries(valid).filter(() => !random.percent(1)));
  return { role, claims: { ...randomClaims(random, claims, words, missing), ...spoilt } };
}

/** The sender whose claims have values of a row, so that conditions on it are met. */
function withClaimsOf(random: Random, { claims }: Subject, sender: Sender, { columns }: ShapeTable, row: Row): Sender {
  const made = { ...sender.claims };
  for (const { path, type = 'text', list } of claims) {
    const [name = '', ...rest] = path;
    const fitting = columns.filter((column) => column.type === type);
    const column = columns.find((each) => each.name === name) ?? (fitting.length > 0 ? random.one(fitting) : undefined);
    const value = column && row[column.name];
    if (rest.length > 0 || made[name] === undefined || value === undefined || value === null) continue;
    made[name] = list ? [value] : value;
  }
  return sender.claims ? { ...sender, claims: made } : sender;
}
