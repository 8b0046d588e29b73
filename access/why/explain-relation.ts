import { didYouMean } from '../../errors/did-you-mean.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { fix } from '../../audit/fix.ts';
import { INSUFFICIENT_PRIVILEGE } from '../../postgres/sqlstate.ts';
import { embeddedGrants, embeddedRequests, allEmbedded } from './embedded/embedded-request.ts';
import { errorStep } from './errors.ts';
import type { RowAnswer, Step } from './explanation.ts';
import { explainHidden } from './explain-hidden.ts';
import { explainWritten } from './explain-written.ts';
import type { Found, Question } from './found.ts';
import { explainUpsert, ignored } from './explain-upsert.ts';
import { grantSteps, schemaStep } from './grants.ts';
import {
  neededGrants,
  relationRequest,
  statementsFor,
  unknownColumn,
  type RelationRequest,
} from './relation-request.ts';
import { attemptAsRequest, type DatabaseError, type Outcome } from './request-session.ts';
import { readEmbeds } from './request/embeds.ts';
import { readTarget } from './request/request-target.ts';
import { wrongPut } from './upsert.ts';

/** Rows that are counted at most. */
const MOST_ROWS = 10_000;

/** Explains a request for a table or a view. */
export async function explainRelation(question: Question): Promise<Found> {
  const { session, schema, request } = question;
  const { audited } = session;
  const { name } = readTarget(request.target);
  const relation = audited.survey.relations.find(
    (one) => one.schema === schema && one.name === name && one.kind !== 'S',
  );
  if (!relation) return { ...nothing, result: 'refused', code: 'PGRST205', steps: [noRelation(question, name)] };
  const parameters = [...new URLSearchParams(request.target.split('?').slice(1).join('?'))];
  const embeds = readEmbeds(parameters.find(([parameter]) => parameter === 'select')?.[1] ?? '');
  const { embedded, refusal, notes: ofEmbedded } = embeddedRequests(audited, relation, embeds, parameters);
  if (refusal) return { ...nothing, result: 'refused', code: refusal.code, steps: [refusal.step] };
  const asked = relationRequest(relation, request, embedded);
  checkBody(asked);
  const wrong = wrongPut(relation, request);
  if (wrong) return { ...nothing, result: 'refused', code: 'PGRST105', steps: [wrong] };
  const [unknown] = [
    unknownColumn(asked),
    ...allEmbedded(asked.embedded).map((one) => unknownColumn({ ...one, relation: one.hops.at(-1)!.relation })),
  ].flatMap((step) => step ?? []);
  if (unknown)
    return { ...nothing, result: 'refused', code: asked.written.length > 0 ? 'PGRST204' : '42703', steps: [unknown] };
  const outcome = await run(question, asked);
  const notes = [...notesOf(asked, request.target), ...ofEmbedded];
  const rights = rightsSteps(question, asked);
  const isDenied = outcome.error?.code === INSUFFICIENT_PRIVILEGE && rights.some(isDecided);
  if (isDenied) return { ...nothing, result: 'refused', code: outcome.error.code, steps: rights, notes };
  // Postgres has checked more than the catalogs tell: it decides.
  const steps = rights.filter((step) => !isDecided(step));
  if (outcome.error) return refusedBy(question, asked, outcome.error, { steps, notes });
  const found =
    asked.command === 'insert'
      ? await inserted(question, asked, outcome.count)
      : await explainHidden(question, asked, outcome.count);
  return { ...found, steps: [...steps, ...found.steps], notes: [...notes, ...found.notes] };
}

const nothing = { rows: [], notes: [] };

function isDecided({ outcome }: Step): boolean {
  return outcome === 'decided';
}

async function run({ session }: Question, asked: RelationRequest): Promise<Outcome> {
  return attemptAsRequest(session, ...statementsFor(asked, MOST_ROWS));
}

/** Steps of the schema and of the table's grants: those up to the first that decides. */
function rightsSteps({ session: { audited }, role, schema }: Question, asked: RelationRequest): Step[] {
  const ofSchema = schemaStep(audited, role, schema);
  if (isDecided(ofSchema)) return [ofSchema];
  const tables = [{ relation: asked.relation, needed: neededGrants(asked) }, ...embeddedGrants(asked.embedded)];
  return [ofSchema, ...tables.flatMap(({ relation, needed }) => grantSteps(audited, role, relation, needed))];
}

function checkBody({ command, body, relation }: RelationRequest): void {
  if (body.length > 0 || command === 'select' || command === 'delete') return;
  const problem = `${command === 'insert' ? 'the insert' : 'the update'} of ${relation.name} has no body`;
  refuse('invalid_prop', '--data', problem, `give --data '{"column": "value"}'`);
}

function noRelation({ session: { audited }, schema }: Question, name: string): Step {
  const { relations } = audited.survey;
  const elsewhere = relations.find((one) => one.name === name && one.kind !== 'S' && one.schema !== schema);
  const known = relations.filter((one) => one.schema === schema && one.kind !== 'S').map((one) => one.name);
  const isExposed = elsewhere !== undefined && audited.reach.isExposed(elsewhere);
  const words = `schema ${schema} has no table or view ${JSON.stringify(name)}${didYouMean(name, known)}`;
  const advice = isExposed
    ? `name its schema: --schema ${elsewhere.schema} (the header Accept-Profile or Content-Profile)`
    : 'correct the name; if it is new, reload the schema cache (NOTIFY pgrst)';
  const rest =
    elsewhere === undefined
      ? ''
      : `; ${elsewhere.schema}.${name} is ${isExposed ? 'in another exposed schema' : 'in a schema that is not exposed'}`;
  return { stage: 'address', outcome: 'decided', words: words + rest, fix: fix(advice) };
}

function notesOf({ filters, isPaged }: RelationRequest, target: string): string[] {
  return [
    ...filters.notUnderstood.map(
      (text) =>
        `the filter ${text} is not understood and was left out: more rows are explained than the request asks for`,
    ),
    ...(isPaged ? ['limit and offset were left out: every row that the filters find is explained'] : []),
    ...(/[?&]select=[^&]*(?:\.|\bcount)\w*\(\)/.test(target) ? ['aggregates are not explained'] : []),
  ];
}

async function refusedBy(
  question: Question,
  asked: RelationRequest,
  error: DatabaseError,
  { steps, notes }: { readonly steps: readonly Step[]; readonly notes: readonly string[] },
): Promise<Found> {
  const { session, role } = question;
  const { relation, command, conflict } = asked;
  const base = { result: 'refused' as const, code: error.code, rows: [] as RowAnswer[], notes };
  const [, table] =
    /^new row violates row-level security policy(?: "[^"]*")?(?: \(USING expression\))? for table "(.*)"$/.exec(
      error.message,
    ) ?? [];
  const isOwn = table !== undefined && table === relation.name;
  if (isOwn && relation.kind !== 'v') {
    const written = conflict ? await explainUpsert(question, asked, conflict) : await explainWritten(question, asked);
    if (written)
      return { ...base, ...written, steps: [...steps, ...written.steps], notes: [...notes, ...written.notes] };
  }
  const others = asked.embedded.flatMap(({ hops }) => hops.map((hop) => hop.relation));
  const failed = { role, relation, others, command, conflict };
  return { ...base, steps: [...steps, errorStep(session, error, failed)] };
}

async function inserted(
  question: Question,
  { relation, body, conflict }: RelationRequest,
  count: number,
): Promise<Found> {
  if (conflict?.resolution === 'ignore-duplicates' && count < body.length) {
    return ignored(question, { relation, body, conflict }, count);
  }
  const words = `Postgres accepts the ${body.length === 1 ? 'row' : `${body.length} rows`}: policies, constraints and triggers of ${relation.schema}.${relation.name} pass`;
  return { result: 'all', steps: [{ stage: 'policies', outcome: 'passed', words }], rows: [], notes: [] };
}
