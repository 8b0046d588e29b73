import { shownTables } from '../../audit/anywhere/view-tables.ts';
import type { SurveyedRelation } from '../../audit/anywhere/survey.ts';
import { explainEmbedded, withoutLeft } from './embedded/explain-embedded.ts';
import type { Step } from './explanation.ts';
import { explainTable, placeOf } from './explain-table.ts';
import type { Found, Question } from './found.ts';
import type { RelationRequest } from './relation-request.ts';
import { readFilters } from './request/filters.ts';
import { columnsOfTable } from './view-columns.ts';

/** Explains why a request that Postgres accepts reaches the rows that it does. @param count rows that it reached */
export async function explainHidden(question: Question, asked: RelationRequest, count: number): Promise<Found> {
  const { session, role } = question;
  const { relation, filters } = asked;
  if (relation.kind === 'r' || relation.kind === 'p') {
    const label = 'why_root';
    const found = await explainTable(question, relation, { role, conditions: filters.conditions, asked, label });
    const whole = await withEmbedded(question, found, { asked, label });
    return compared(whole, asked, count);
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

/** Adds the rows of embedded resources, of which some leave out rows around them. */
async function withEmbedded(
  question: Question,
  found: Found,
  { asked: { relation, command, embedded }, label }: { readonly asked: RelationRequest; readonly label: string },
): Promise<Found> {
  const reached = found.rows.filter(({ outcome }) => outcome === 'reached').length;
  if (embedded.length === 0 || reached === 0) return found;
  if (command !== 'select') {
    const note = 'rows that are embedded in the answer to a write are not explained: ask for them by GET';
    return { ...found, notes: [...found.notes, note] };
  }
  const around = { label, place: placeOf(relation), reached };
  const { steps, rows, notes, left } = await explainEmbedded(question, embedded, around);
  const own = withoutLeft(found.rows, left);
  const isWhole = [...found.steps, ...steps].every(({ outcome }) => outcome !== 'decided');
  return {
    result: left.size === reached ? 'nothing' : isWhole ? found.result : 'some',
    steps: [...found.steps, ...steps],
    rows: [...own, ...rows],
    notes: [...found.notes, ...notes],
  };
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

/** Says so where Postgres reached another number of rows than the policies explain. */
function compared(found: Found, { relation, filters, embedded }: RelationRequest, count: number): Found {
  const place = placeOf(relation);
  const reached = found.rows.filter(
    ({ outcome, table, path }) => outcome === 'reached' && table === place && path === undefined,
  ).length;
  const isWhole =
    filters.notUnderstood.length === 0 &&
    embedded.every((one) => one.leavesOut !== 'rows with it') &&
    !found.notes.some((note) => note.startsWith('only the first'));
  const isKnown = found.steps.every(({ outcome }) => outcome !== 'unknown');
  if (!isWhole || !isKnown || reached === count) return found;
  const note = `Postgres reached ${count} rows, and the policies explain ${reached}: a trigger, a rule or a function decides as well`;
  return { ...found, notes: [...found.notes, note] };
}
