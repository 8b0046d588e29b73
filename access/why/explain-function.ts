import { didYouMean } from '../../errors/did-you-mean.ts';
import { namesIn } from '../../postgres/catalog/body-names.ts';
import type { SurveyedFunction, SurveyedRelation } from '../../audit/anywhere/survey.ts';
import { fix } from '../../audit/fix.ts';
import { INSUFFICIENT_PRIVILEGE } from '../../postgres/sqlstate.ts';
import { raw, statementsOf } from '../../postgres/statements.ts';
import { errorStep, executeStep } from './errors.ts';
import type { Step } from './explanation.ts';
import type { Found, Question } from './found.ts';
import { schemaStep } from './grants.ts';
import { readEmbeds } from './request/embeds.ts';
import { readTarget } from './request/request-target.ts';
import { attempt, attemptAsRequest, claimsAlone, type RequestSession } from './request-session.ts';
import { readPastPolicies } from './rows.ts';

const statement = statementsOf('access/why');

/** Explains a call of a function: `POST /rpc/publish`. */
export async function explainFunction(question: Question): Promise<Found> {
  const { session, role, schema, request } = question;
  const { audited } = session;
  const { name } = readTarget(request.target);
  const named = audited.survey.functions.filter((fn) => fn.schema === schema && fn.name === name && fn.kind === 'f');
  const given = argumentsOf(question);
  const fn = named.find(({ argument_names: names }) =>
    Object.keys(given).every((argument) => names.includes(argument)),
  );
  const base = { rows: [], notes: [] };
  if (!fn) return { ...base, result: 'refused', code: 'PGRST202', steps: [noFunction(question, name, named, given)] };
  const ofSchema = schemaStep(audited, role, schema);
  if (ofSchema.outcome === 'decided')
    return { ...base, result: 'refused', code: INSUFFICIENT_PRIVILEGE, steps: [ofSchema] };
  const place = `${schema}.${name}`;
  if (!audited.reach.calls(role, fn)) {
    return {
      ...base,
      result: 'refused',
      code: INSUFFICIENT_PRIVILEGE,
      steps: [ofSchema, executeStep(role, fn.signature, place)],
    };
  }
  const granted: Step = { stage: 'grants', outcome: 'passed', words: `${role} may call ${place}` };
  const reading = readOnly(session, fn);
  const call = callOf(fn, given);
  const outcome = await attemptAsRequest(reading, call);
  if (outcome.error) {
    const step = errorStep(session, outcome.error, { role });
    return { ...base, result: 'refused', code: outcome.error.code, steps: [ofSchema, granted, step] };
  }
  const { result, steps, notes } = await explainResult(reading, fn, { call, role, count: outcome.count });
  const embeds = readEmbeds(new URLSearchParams(request.target.split('?').slice(1).join('?')).get('select') ?? '');
  const ofEmbeds = embeds.map(
    ({ name }) => `the embedded resource ${name} of a function is not explained: ask for it by itself`,
  );
  return { result, steps: [ofSchema, granted, ...steps], rows: [], notes: [...notes, ...ofEmbeds] };
}

/** Arguments by name: the body, or the query of GET where it names arguments. */
function argumentsOf({ session, schema, request }: Question): Readonly<Record<string, unknown>> {
  const { method, target, body = [] } = request;
  if (method === 'POST') return body[0] ?? {};
  const { name } = readTarget(target);
  const names = session.audited.survey.functions
    .filter((fn) => fn.schema === schema && fn.name === name)
    .flatMap((fn) => fn.argument_names);
  const parameters = new URLSearchParams(target.split('?').slice(1).join('?'));
  return Object.fromEntries([...parameters].filter(([key]) => names.includes(key)));
}

function noFunction(
  { session: { audited }, schema }: Question,
  name: string,
  named: readonly SurveyedFunction[],
  given: Readonly<Record<string, unknown>>,
): Step {
  const known = audited.survey.functions.filter((fn) => fn.schema === schema).map((fn) => fn.name);
  const [other] = named;
  const words = other
    ? `${other.signature} has no argument ${Object.keys(given)
        .filter((argument) => !other.argument_names.includes(argument))
        .join(', ')}`
    : `schema ${schema} has no function ${JSON.stringify(name)}${didYouMean(name, known)}`;
  const advice = other
    ? `name its arguments: ${other.argument_names.join(', ')}`
    : 'correct the name, or the schema; if it is new, reload the schema cache (NOTIFY pgrst)';
  return { stage: 'address', outcome: 'decided', words, fix: fix(advice) };
}

/** PostgREST calls functions that are not volatile in a read-only transaction, also by POST. */
function readOnly(session: RequestSession, { volatility }: SurveyedFunction): RequestSession {
  if (volatility === 'v') return session;
  return { ...session, settings: { ...session.settings, transaction_read_only: 'on' } };
}

function callOf({ schema, name }: SurveyedFunction, given: Readonly<Record<string, unknown>>): string {
  const values = Object.entries(given).map(([argument, value]) =>
    value === null
      ? statement('null_argument', { name: argument })
      : statement('argument', { name: argument, value: inputText(value) }),
  );
  return statement('call', { schema, name, arguments: raw(values.join(', ')) });
}

/** Text that Postgres reads as the value: of a list as an array. */
function inputText(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.map((item) => (item === null ? 'NULL' : JSON.stringify(inputText(item))));
    return `{${items.join(',')}}`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

interface Called {
  readonly call: string;
  readonly role: string;
  readonly count: number;
}

/** Compares the rows that the request gets with those that the function finds past policies. */
async function explainResult(
  session: RequestSession,
  fn: SurveyedFunction,
  { call, role, count }: Called,
): Promise<Pick<Found, 'result' | 'steps' | 'notes'>> {
  const place = `${fn.schema}.${fn.name}`;
  const tables = tablesOf(session, fn).filter(
    (table) => table.row_security && !session.audited.reach.isUnbound(role, table),
  );
  const accepted: Step = {
    stage: 'function',
    outcome: 'passed',
    words: `${place} returns ${count} ${count === 1 ? 'row' : 'rows'}`,
  };
  if (fn.security_definer || !fn.returns_set) return { result: 'all', steps: [accepted], notes: [] };
  for (const table of tables) await readPastPolicies(session, table);
  const past = await attempt(session, claimsAlone(session), call);
  const found = past.error ? count : past.count;
  if (found <= count) {
    const words = `${place} finds no row, also past policies: its arguments and the claims decide`;
    if (count > 0) return { result: 'all', steps: [accepted], notes: [] };
    return { result: 'nothing', steps: [{ stage: 'function', outcome: 'decided', words }], notes: [] };
  }
  const names = tables.map(({ schema, name }) => `${schema}.${name}`).join(', ');
  const advice = `ask for the rows of ${names === '' ? 'its tables' : names}: \`access why\` then explains each`;
  const words = `${place} returns ${count} of ${found} rows: policies of ${names === '' ? 'the tables that it reads' : names} hide the others`;
  return {
    result: count === 0 ? 'nothing' : 'some',
    steps: [{ stage: 'policies', outcome: 'decided', words, fix: fix(advice) }],
    notes: [`the other rows were counted with the rights of ${session.audited.survey.server.user}`],
  };
}

/** Tables that a function reads: as Postgres records them, or by the names in its text. */
function tablesOf({ audited }: RequestSession, fn: SurveyedFunction): SurveyedRelation[] {
  const { survey, texts } = audited;
  const { tables } = namesIn(texts.bodyOf(fn));
  const isNamed = (relation: SurveyedRelation) =>
    tables.some(({ schema, name }) => name === relation.name && (schema === undefined || schema === relation.schema));
  return [...new Set([...fn.reads, ...survey.relations.filter(isNamed)])];
}
