import { isGranted } from '../../audit/anywhere/kept.ts';
import { shownTables, type ShownTable } from '../../audit/anywhere/view-tables.ts';
import { viewBase } from '../../audit/anywhere/view-base.ts';
import type { SurveyedRelation } from '../../audit/anywhere/survey.ts';
import type { CellAccess } from './access-map.ts';
import { grantsShown } from './shown-sql.ts';
import { REFUSED, rowsOf, type Question } from './table-access.ts';
import { conditionPhrase } from './words/condition-phrase.ts';
import { phraseWords } from './words/phrase.ts';

/** Access to a view by its name: its query, and below it tables with the reader's rights or the owner's. */
export function viewAccess(view: SurveyedRelation, question: Question): CellAccess {
  const { audited, role, command } = question;
  const granted = audited.reach.access(role, view).find((access) => access.command === command);
  if (!granted) return REFUSED;
  const found = command === 'select' ? readAccess(view, question) : writeAccess(view, question);
  return {
    ...found,
    ...(found.reach !== 'refused' && granted.columns && { columns: granted.columns }),
    grants: grantsShown(view, command, audited.reach.identities(role)),
  };
}

type ViewRows = Pick<CellAccess, 'reach' | 'words' | 'policies'>;

function readAccess(view: SurveyedRelation, question: Question): ViewRows {
  const { audited, role } = question;
  if (view.kind === 'm') return { reach: 'all', words: 'all rows, as they were at its last refresh', policies: [] };
  const filters = audited.conditions.filters(view).filter(({ readsClaims }) => readsClaims);
  const filter = filters.map((one) => phraseWords(conditionPhrase(one, { audited, table: view })));
  const missing = view.security_invoker && view.reads.some((below) => !isGranted(audited, role, below, 'select'));
  if (missing) return { reach: 'refused', words: 'a table below is not granted', policies: [] };
  const shown = shownTables(audited, view, role);
  const rows = shown.map((below) => ({ below, ...below, ...belowRows(below, question) }));
  const limited = rows.filter(({ reach }) => reach !== 'all');
  const words = limited.map(({ table, words: of }) => `${table.name}: ${of}`);
  const policies = distinct(
    limited.flatMap((row) => row.policies),
    ({ sql }) => sql,
  );
  if (limited.length === 0 && filter.length === 0) return { reach: 'all', words: 'all of its rows', policies };
  return { reach: 'some', words: [...filter.map((text) => `by its query ${text}`), ...words].join('; '), policies };
}

function belowRows({ table, as }: ShownTable, question: Question): ViewRows {
  const asUser = { ...question, role: as };
  return { reach: question.audited.extent(as, table, 'select'), ...rowsOf(table, asUser) };
}

/** Writes go to one table: with the rights of the view's owner, or of who asks. */
function writeAccess(view: SurveyedRelation, question: Question): ViewRows {
  const { audited, role, command } = question;
  if (!view.writable.includes(command)) return { reach: 'refused', words: 'the view cannot be written', policies: [] };
  const base = viewBase(audited, view);
  if (!base) return { reach: 'some', words: 'by its triggers', policies: [] };
  const as = view.security_invoker ? role : view.owner;
  const asUser = { ...question, role: as };
  if (!isGranted(audited, as, base, command))
    return { reach: 'refused', words: `${base.name} is not granted`, policies: [] };
  if (base.kind === 'v') return writeAccess(base, asUser);
  const { words, policies } = rowsOf(base, asUser);
  return { reach: audited.extent(as, base, command), words: `${base.name}: ${words}`, policies };
}

function distinct<Item>(items: readonly Item[], key: (item: Item) => string): Item[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
