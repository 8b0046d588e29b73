import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import { isTable } from '../../audit/anywhere/exposed.ts';
import { grantedColumns } from '../../audit/anywhere/kept.ts';
import { namedRelation } from '../../audit/anywhere/named-relations.ts';
import type { SurveyedRelation } from '../../audit/anywhere/survey.ts';
import { changedPieces } from './compare-pieces.ts';
import type { CompareRows, RowComparison } from './compare-rows.ts';
import { resultPieces } from './deciding-pieces.ts';

/** In a query with one of these, more rows of a table can give fewer rows of the result. */
const TAKES_AWAY = /\b(?:NOT|EXCEPT|ALL)\b/;

/**
 * Compares rows that a view reads in two databases, where its query is the same and the rights differ with which it reads.
 *
 * @returns undefined where that does not decide
 */
export async function diffViewRights(
  { role, old, now, compareRows }: { role: string; old: Anywhere; now: Anywhere; compareRows: CompareRows },
  was: SurveyedRelation,
  is: SurveyedRelation,
): Promise<RowComparison | undefined> {
  const { definition, schema, name } = was;
  if (definition === null || definition !== is.definition || TAKES_AWAY.test(definition)) return undefined;
  const readers = { before: readerOf(was, role), after: readerOf(is, role) };
  const isCalled = was.calls.some((fn) => {
    const same = is.calls.find(({ signature }) => signature === fn.signature);
    return !same || changedPieces(resultPieces(old, role, fn), resultPieces(now, role, same)).length > 0;
  });
  if (isCalled) return undefined;
  let opened: RowComparison = { grade: 'same' };
  for (const before of was.reads) {
    const after = namedRelation(now, before);
    if (!after || !isTable(before) || !isTable(after)) return undefined;
    const through = { view: { schema, name }, ...readers };
    const table = { schema: before.schema, name: before.name };
    const found = await compareRows(old, now, { kind: 'rows', role, table, command: 'select', through });
    if (found.grade === 'wider') opened = found;
    else if (found.grade !== 'same' || !haveSameColumns([old, readers.before, before], [now, readers.after, after]))
      return undefined;
  }
  return opened;
}

/** The role with whose rights a view reads. */
function readerOf({ security_invoker, owner }: SurveyedRelation, role: string): string {
  return security_invoker ? role : owner;
}

type Reading = readonly [anywhere: Anywhere, reader: string, relation: SurveyedRelation];

function haveSameColumns(...sides: readonly [Reading, Reading]): boolean {
  const [one, other] = sides.map(([anywhere, reader, relation]) => {
    const granted = grantedColumns(anywhere, reader, relation, 'select');
    return relation.columns.map((column) => column.name).filter((each) => granted === 'all' || granted.has(each));
  });
  return one!.join() === other!.join();
}
