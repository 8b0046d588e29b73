import { fix, run } from '../../audit/fix.ts';
import type { RowCommand, SurveyedRelation } from '../../audit/anywhere/survey.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { INSUFFICIENT_PRIVILEGE } from '../../postgres/sqlstate.ts';
import { otherGrant, schemaStep } from './grants.ts';
import type { Stage, Step } from './explanation.ts';
import type { Conflict } from './upsert.ts';
import type { DatabaseError, RequestSession } from './request-session.ts';

/** The request that failed. */
export interface Failed {
  readonly role: string;
  /** Table or view that it names. */
  readonly relation?: SurveyedRelation | undefined;
  readonly command?: RowCommand | undefined;
  /** Tables that it embeds. */
  readonly others?: readonly SurveyedRelation[];
  /** Rows that it changes or ignores where they exist. */
  readonly conflict?: Conflict | undefined;
}

/** Explains an error of Postgres that neither grants of the request's own table nor its policies explain. */
export function errorStep(session: RequestSession, error: DatabaseError, failed: Failed): Step {
  const { code = '', message } = error;
  const { audited } = session;
  if (code === INSUFFICIENT_PRIVILEGE) {
    const [, kind, name] =
      /^permission denied for (table|view|materialized view|function|schema|sequence) (.+)$/.exec(message) ?? [];
    if (kind === 'schema') return schemaStep(audited, failed.role, name!);
    if (kind !== undefined) return otherGrant(audited, failed.role, kind, name!, wayTo(name!, session, error, failed));
    const other = otherPolicy(error);
    if (other !== undefined) {
      return decided(
        'policies',
        `${message}; ${other}`,
        'let a policy of that table accept the row, for the rights under which it is written',
      );
    }
  }
  if (code === '57014') return timeoutStep(session, failed);
  if (code === '42P17' || code === '54001') {
    return decided(
      'policies',
      `${message}: the conditions of policies read each other's tables without end`,
      'have one of them look up its rows in a SECURITY DEFINER function',
    );
  }
  if (code === '25006') {
    return decided(
      'function',
      `${message}: PostgREST runs GET and HEAD in a read-only transaction`,
      'send POST, or write nothing in it',
    );
  }
  if (code === '42P10') return noConstraint(error, failed);
  if (code === '21000' && failed.conflict) {
    return decided(
      'values',
      `two sent rows have the same ${failed.conflict.columns.join(', ')}: an upsert may change a row once`,
      'send each row once',
    );
  }
  const trigger = triggerOf(error, failed);
  if (trigger !== undefined) {
    return decided(
      'trigger',
      `trigger "${trigger}" of ${placeOf(failed)} rejects it: ${said(error)}${lineOf(error)}`,
      `send values that it accepts, or change function ${functionsIn(error)[0] ?? trigger}`,
    );
  }
  if (code.startsWith('23')) return constraintStep(error, failed);
  if (code.startsWith('22'))
    return decided(
      'values',
      `a value does not fit: ${said(error)}${lineOf(error)}`,
      'correct the value in the request, or the claim that is converted',
    );
  const [fn] = functionsIn(error);
  if (fn !== undefined)
    return decided(
      'function',
      `function ${fn} raises it: ${said(error)}${lineOf(error)}`,
      `call it with values that it accepts, or change it`,
    );
  return decided('values', said(error), error.hint ?? 'see the message of Postgres');
}

function decided(stage: Stage, words: string, advice: string): Step {
  return { stage, outcome: 'decided', words, fix: fix(advice) };
}

function said({ message, detail }: DatabaseError): string {
  return detail === undefined ? message : `${message} (${detail})`;
}

/** Names the policy, view, function or default that uses an object which the request does not name. */
function wayTo(
  name: string,
  { audited }: RequestSession,
  error: DatabaseError,
  { relation, others = [], command }: Failed,
): string {
  const [fn] = functionsIn(error);
  if (fn !== undefined) return `function ${fn} uses with the rights of who calls it`;
  const policy = [...(relation ? [relation] : []), ...others]
    .flatMap(({ policies }) => policies)
    .find(({ reads, calls }) => [...reads, ...calls].some((read) => read.name === name));
  if (policy)
    return `policy "${policy.name}" of ${policy.relation.schema}.${policy.relation.name} uses with the rights of the request`;
  if (relation?.reads.some((read) => read.name === name))
    return `view ${relation.schema}.${relation.name} reads with the rights of the request`;
  const isDefault =
    relation && command === 'insert' && audited.survey.relations.some((one) => one.name === name && one.kind === 'S');
  if (isDefault || relation?.calls.some((called) => called.name === name))
    return `a default of ${relation.schema}.${relation.name} uses`;
  return 'the request uses on its way';
}

/** The table whose policies reject a row that the request writes on its way. */
function otherPolicy({ message }: DatabaseError): string | undefined {
  const [, table] =
    /row-level security policy(?: "[^"]*")?(?: \(USING expression\))? for table "(.*?)"/.exec(message) ?? [];
  return table === undefined ? undefined : `the request writes it on its way, by a trigger or a function`;
}

/** Names of functions in the context of an error, the inner ones first. */
export function functionsIn({ where = '' }: DatabaseError): string[] {
  return [
    ...where.matchAll(/^(?:PL\/pgSQL|SQL) function "?([^"\n]+?)"?(?:\([^)]*\))? (?:line|statement|during)/gm),
  ].map(([, name = '']) => name.replace(/\(.*$/, ''));
}

function lineOf({ where = '' }: DatabaseError): string {
  const [, line] = /^PL\/pgSQL function .*? line (\d+)/m.exec(where) ?? [];
  return line === undefined ? '' : `, at line ${line} of its body`;
}

function triggerOf(error: DatabaseError, { relation, command, conflict }: Failed): string | undefined {
  const called = functionsIn(error).map((name) => name.split('.').at(-1));
  const commands = conflict ? [command, 'update'] : [command];
  return relation?.triggers.find(
    ({ function: fn, on, enabled }) =>
      enabled && fn && called.includes(fn.name) && (!command || on.some((one) => commands.includes(one))),
  )?.name;
}

function placeOf({ relation }: Pick<Failed, 'relation'>): string {
  return relation ? `${relation.schema}.${relation.name}` : 'a table';
}

function timeoutStep({ audited, settings }: RequestSession, { role }: Failed): Step {
  const own = audited.survey.settings.findLast((one) => one.role === role && one.name === 'statement_timeout');
  const value = own?.value ?? settings['statement_timeout'];
  const where = own
    ? `ALTER ROLE ${quoteIdentifier(role)} SET statement_timeout`
    : 'the server or the check before each request';
  return decided(
    'timeout',
    `the statement takes longer than statement_timeout${value === undefined ? '' : ` (${value})`} of ${role} allows, which ${where} sets`,
    'make the statement faster, such as with an index on the filtered columns, or raise the timeout',
  );
}

function constraintStep(error: DatabaseError, failed: Failed): Step {
  const { constraint, column, table, schema, code, detail } = error;
  const place = table === undefined ? placeOf(failed) : `${schema}.${table}`;
  const kind =
    {
      23502: 'NOT NULL',
      23503: 'foreign key',
      23505: 'unique',
      23514: 'check',
      23001: 'foreign key',
      '23P01': 'exclusion',
    }[code!] ?? 'integrity';
  const name = constraint ?? column ?? '';
  const words = `the ${kind} constraint ${name === '' ? '' : `"${name}" `}of ${place} rejects it: ${detail ?? error.message}`;
  const given = failed.relation?.columns.find((one) => one.name === column);
  const advice =
    code === '23502' && given && given.default === null
      ? `send a value for ${column}, or give the column a default`
      : code === '23503'
        ? 'name a row that exists; a foreign key is checked past policies'
        : (adviceOnConflict(error, failed) ?? 'send values that it accepts');
  return { stage: 'constraint', outcome: 'decided', words, fix: fix(advice) };
}

/** An upsert looks for rows with the same values of one constraint only. */
function adviceOnConflict({ code, constraint }: DatabaseError, { relation, conflict }: Failed): string | undefined {
  const keys = relation?.indexes.find(({ name }) => name === constraint)?.keys;
  if (code !== '23505' || !conflict || !keys) return undefined;
  return `send other values; or have the upsert compare by this constraint: on_conflict=${keys.join(',')}`;
}

function noConstraint({ message }: DatabaseError, { relation, conflict }: Failed): Step {
  const unique = relation?.indexes.filter((index) => index.unique && index.predicate === null) ?? [];
  const choices = unique.map(({ keys }) => `on_conflict=${keys.join(',')}`);
  const words = conflict
    ? `no unique constraint of ${placeOf({ relation })} is on exactly ${conflict.columns.join(', ')}: ${message}`
    : message;
  return decided('address', words, choices.length === 0 ? 'add a unique constraint' : `send ${choices.join(' or ')}`);
}

/** The step of a role that may not call a function. */
export function executeStep(role: string, signature: string, name: string): Step {
  return {
    stage: 'grants',
    outcome: 'decided',
    words: `${role} has no EXECUTE on function ${name}`,
    fix: run(`GRANT EXECUTE ON FUNCTION ${signature} TO ${quoteIdentifier(role)}`),
  };
}
