import { shownTables } from '../../audit/anywhere/view-tables.ts';
import type { SurveyedRelation } from '../../audit/anywhere/survey.ts';
import { fix } from '../../audit/fix.ts';
import type { RowAnswer, Step } from './explanation.ts';
import type { Found, Question } from './found.ts';
import type { RelationRequest } from './relation-request.ts';
import { answerRows, dropRows, keepRows, keyOf, readPastPolicies, refusalOf, type Question as Asked } from './rows.ts';
import { readFilters } from './request/filters.ts';
import { columnsOfTable } from './view-columns.ts';

/** Explains why a request that Postgres accepts reaches the rows that it does. @param count rows that it reached */
export async function explainHidden(question: Question, asked: RelationRequest, count: number): Promise<Found> {
  const { session, role } = question;
  const { relation, filters } = asked;
  if (relation.kind === 'r' || relation.kind === 'p') {
    const found = await explainTable(question, relation, { role, conditions: filters.conditions, asked });
    return compared(found, asked, count);
  }
  const tables = relation.kind === 'v' ? shownTables(session.audited, relation, role) : [];
  const protectedTables = tables.filter(({ table }) => table.row_security);
  if (protectedTables.length === 0) {
    const words = `no policy hides rows of ${placeOf(relation)}; ${count === 0 ? 'it has no row that the filters find' : `it shows ${count}`}`;
    const outcome = count === 0 ? 'decided' : 'passed';
    return { result: count === 0 ? 'nothing' : 'all', steps: [{ stage: 'rows', outcome, words }], rows: [], notes: [] };
  }
  const parts: ViewPart[] = [];
  for (const { table, as, views } of protectedTables) {
    const { conditions, isExact } = await filtersOnTable(question, { relation, table, isDirect: views.length === 1 });
    const found = await explainTable(question, table, { role: as, conditions, asked });
    const rights = as === role ? '' : `, which it reads with the rights of ${as}`;
    const left = isExact ? '' : ', also those that the filters of the request leave out';
    const note = `${placeOf(relation)} is a view: rows of ${placeOf(table)} are explained${left}${rights}`;
    parts.push({ ...found, isExact, notes: [note, ...found.notes] });
  }
  return ofView(parts, relation, count);
}

/** Rows of a table behind a view; exact if all filters of the request are on its columns. */
interface ViewPart extends Found {
  readonly isExact: boolean;
}

/** Where the view shows rows, a table that the filters do not reach may hide rows that the request does not ask for. */
function ofView(parts: readonly ViewPart[], relation: SurveyedRelation, count: number): Found {
  const hides = ({ steps }: Found) => steps.some(({ outcome }) => outcome !== 'passed');
  const exact = parts.filter((part) => part.isExact && hides(part));
  const deciding = exact.length > 0 || count > 0 ? exact : parts.filter(hides);
  const shown = deciding.length > 0 ? deciding : parts.filter(({ isExact }) => isExact);
  const rows = shown.flatMap((part) => part.rows);
  const others = parts
    .filter((part) => !shown.includes(part) && hides(part))
    .flatMap(({ steps }) => steps.map(({ words }) => words));
  const notes = [
    ...shown.flatMap((part) => part.notes),
    ...others.map((words) => `what the view computes may differ: ${words}`),
  ];
  if (deciding.length > 0) {
    return { result: count === 0 ? 'nothing' : 'some', steps: deciding.flatMap(({ steps }) => steps), rows, notes };
  }
  const words = `policies let its rows pass, and ${placeOf(relation)} shows ${count === 0 ? 'none of them: its query decides' : count}`;
  const step: Step = { stage: 'rows', outcome: count === 0 ? 'decided' : 'passed', words };
  return { result: count === 0 ? 'nothing' : 'all', steps: [step], rows, notes };
}

/** Filters of a request for a view, as conditions on one of its tables. */
async function filtersOnTable(
  { request }: Question,
  {
    relation,
    table,
    isDirect,
  }: { readonly relation: SurveyedRelation; readonly table: SurveyedRelation; readonly isDirect: boolean },
): Promise<{ readonly conditions: readonly string[]; readonly isExact: boolean }> {
  const columns = isDirect ? await columnsOfTable(relation, table) : new Map<string, string>();
  const parameters = [...new URLSearchParams(request.target.split('?').slice(1).join('?'))];
  const own = parameters.flatMap(([name, value]) => {
    const column = columns.get(name);
    return column === undefined ? [] : [[column, value] as const];
  });
  const { conditions } = readFilters(own);
  return { conditions, isExact: conditions.length === readFilters(parameters).conditions.length };
}

interface Asking {
  readonly role: string;
  readonly conditions: readonly string[];
  readonly asked: RelationRequest;
}

async function explainTable(
  { session, limit }: Question,
  table: SurveyedRelation,
  { role, conditions, asked }: Asking,
): Promise<Found> {
  const place = placeOf(table);
  const { command, needsSelect } = asked;
  if (session.audited.reach.isUnbound(role, table)) return unbound(session, table, { role, conditions, limit });
  if (!(await readPastPolicies(session, table))) {
    const { user } = session.audited.survey.server;
    const words = `policies of ${place} bind the connected role ${user} as well: a hidden row cannot be told from one that does not exist`;
    return {
      result: 'nothing',
      steps: [
        {
          stage: 'rows',
          outcome: 'unknown',
          words,
          fix: fix('connect as a superuser, or as a member of the owner of the table'),
        },
      ],
      rows: [],
      notes: [],
    };
  }
  const { rows: kept, truncated } = await keepRows(session, table, { conditions, limit });
  if (kept.length === 0) {
    await dropRows(session);
    return { result: 'nothing', steps: [noRow(place, conditions)], rows: [], notes: [] };
  }
  const questions: Asked[] = [
    ...(command === 'select' || needsSelect ? [{ command: 'select', clause: 'USING' } as const] : []),
    ...(command === 'select' ? [] : [{ command, clause: 'USING' } as const]),
  ];
  const answers = await answerRows(
    session,
    table,
    role,
    questions,
    kept.map(({ number }) => number),
  );
  await dropRows(session);
  const found = kept.map(({ number, content }) => {
    const policies = answers.get(number)!;
    const refusal = refusalOf(policies, questions, { table, role });
    const row: RowAnswer = {
      table: place,
      key: keyOf(table, content),
      outcome: refusal ? 'hidden' : 'reached',
      because: refusal?.because ?? 'policies let it pass',
      policies,
    };
    return { row, refusal };
  });
  const hidden = found.flatMap(({ refusal }) => refusal ?? []);
  const rights = `rows that ${role} may not see were read with the rights of ${session.audited.survey.server.user}`;
  return {
    result: hidden.length === 0 ? 'all' : hidden.length === found.length ? 'nothing' : 'some',
    steps: [policyStep(place, found.length, hidden, verbs[command])],
    rows: found.map(({ row }) => row),
    notes: [
      ...(hidden.length > 0 ? [rights] : []),
      ...(truncated ? [`only the first ${limit} rows are explained`] : []),
    ],
  };
}

const verbs = { select: 'shown', insert: 'inserted', update: 'changed', delete: 'deleted' };

function policyStep(
  place: string,
  count: number,
  hidden: readonly { readonly because: string; readonly fix: NonNullable<Step['fix']> }[],
  verb: string,
): Step {
  const [first] = hidden;
  if (!first) {
    return {
      stage: 'policies',
      outcome: 'passed',
      words: `policies let ${count === 1 ? 'the row' : `all ${count} rows`} of ${place} pass`,
    };
  }
  const reasons = [...new Set(hidden.map(({ because }) => because))];
  const which =
    count === 1
      ? `the row of ${place} exists and is not ${verb}`
      : `${hidden.length} of ${count} rows of ${place} exist and are not ${verb}`;
  const more = reasons.length > 1 ? `; ${reasons.length - 1} more reasons below` : '';
  return { stage: 'policies', outcome: 'decided', words: `${which}: ${reasons[0]}${more}`, fix: first.fix };
}

function noRow(place: string, conditions: readonly string[]): Step {
  const words =
    conditions.length === 0
      ? `${place} has no row at all`
      : `no row of ${place} has what the request asks for (${conditions.join(' AND ')})`;
  return { stage: 'rows', outcome: 'decided', words, fix: fix('ask for a row that exists, or insert it') };
}

async function unbound(
  session: Question['session'],
  table: SurveyedRelation,
  {
    role,
    conditions,
    limit,
  }: { readonly role: string; readonly conditions: readonly string[]; readonly limit: number },
): Promise<Found> {
  const place = placeOf(table);
  const reason = table.row_security ? `${role} is not bound by policies` : `row level security is off for ${place}`;
  const { rows, truncated } = await keepRows(session, table, { conditions, limit });
  await dropRows(session);
  if (rows.length === 0) return { result: 'nothing', steps: [noRow(place, conditions)], rows: [], notes: [] };
  return {
    result: 'all',
    steps: [{ stage: 'policies', outcome: 'passed', words: `${reason}: no policy hides a row` }],
    rows: rows.map(({ content }) => ({
      table: place,
      key: keyOf(table, content),
      outcome: 'reached',
      because: reason,
      policies: [],
    })),
    notes: truncated ? [`only the first ${limit} rows are explained`] : [],
  };
}

/** Says so where Postgres reached another number of rows than the policies explain. */
function compared(found: Found, { filters }: RelationRequest, count: number): Found {
  const reached = found.rows.filter(({ outcome }) => outcome === 'reached').length;
  const isWhole = filters.notUnderstood.length === 0 && !found.notes.some((note) => note.startsWith('only the first'));
  const isKnown = found.steps.every(({ outcome }) => outcome !== 'unknown');
  if (!isWhole || !isKnown || reached === count) return found;
  const note = `Postgres reached ${count} rows, and the policies explain ${reached}: a trigger, a rule or a function decides as well`;
  return { ...found, notes: [...found.notes, note] };
}

function placeOf({ schema, name }: SurveyedRelation): string {
  return `${schema}.${name}`;
}
