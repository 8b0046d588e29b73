import { counted } from '../../audit/report/report-words.ts';
import type { AccessChange, AccessDiff, DecidingRow } from '../diff/access-diff.ts';
import { GRADES, type Grade } from '../diff/grade.ts';

/** Headings of the groups of changes, and what they mean. */
export const GRADE_HEADINGS: Readonly<Record<Exclude<Grade, 'same'>, readonly [heading: string, meaning: string]>> = {
  wider: ['Wider', 'the role reaches more than before, and all that it reached'],
  incomparable: ['Incomparable', 'the role reaches something that it did not reach before, and loses something else'],
  'not decided': ['Not decided', 'a piece that decides is not modelled: look at it before you deploy'],
  narrower: ['Narrower', 'the role reaches less than before, and nothing else'],
};

/** Grades of changes. */
export const CHANGED_GRADES = GRADES.filter((grade) => grade !== 'same');

/** `2 wider, 1 not decided, 30 same`. */
export function diffSummary({ changes, same }: AccessDiff): string {
  const parts = CHANGED_GRADES.map(
    (grade) => [changes.filter((change) => change.grade === grade).length, grade] as const,
  )
    .filter(([count]) => count > 0)
    .map(([count, grade]) => `${count} ${grade}`);
  return [...parts, `${same} same`].join(', ');
}

/** `todos_user: select on api.todos`. */
export function changeTitle({ role, object, command }: AccessChange): string {
  return `${role}: ${command} ${command === 'call' ? 'of' : 'on'} ${object.schema}.${object.name}`;
}

/** `todos_user: select on api.todos (gains the column email)`. */
export function changeLine(change: AccessChange): string {
  const about = [...change.reasons, ...(change.grade === 'not decided' ? [undecidedWords(change)] : [])];
  return about.length === 0 ? changeTitle(change) : `${changeTitle(change)} (${about.join('; ')})`;
}

/** `not decided: function api.f() is not modelled`. */
export function undecidedWords({ notModelled, bound }: AccessChange): string {
  const sure = bound === undefined ? '' : `, but it is ${bound}`;
  const pieces = notModelled.length === 0 ? '' : `: ${notModelled.join(', ')}`;
  return `not modelled${sure}${pieces}`;
}

/** Rows by which a change is seen, in words. */
export function rowWords(change: AccessChange): { words: string; row: DecidingRow }[] {
  return [
    ...(change.opened ? [{ words: 'opens', row: change.opened }] : []),
    ...(change.closed ? [{ words: 'closes', row: change.closed }] : []),
  ].map(({ words, row }) => ({ words: `${words} ${describeRow(row)}`, row }));
}

function describeRow({ counterexample, replay }: DecidingRow): string {
  const { claims, request, rows } = counterexample;
  const { row, written } = request;
  const parts = [
    ...(row ? [`the row ${JSON.stringify(row)}`] : []),
    ...(written ? [`${row ? 'changed to' : 'the new row'} ${JSON.stringify(written)}`] : []),
    Object.keys(claims).length === 0 ? 'without claims' : `for claims ${JSON.stringify(claims)}`,
  ];
  const others = rows.filter(
    ({ schema, name, values }) =>
      !(schema === request.schema && name === request.name && JSON.stringify(values) === JSON.stringify(row)),
  );
  if (others.length > 0)
    parts.push(`with ${others.map((one) => `${one.schema}.${one.name} ${JSON.stringify(one.values)}`).join(', ')}`);
  return `${parts.join(' ')}${replay === undefined ? '' : ` (${replay} on both databases)`}`;
}

/** Lines about roles that are new or gone, and about requests without a token. */
export function roleLines({ newRoles, goneRoles, anonymous: { before, after } }: AccessDiff): string[] {
  return [
    ...(newRoles.length > 0 ? [`new ${rolesWord(newRoles)}: ${newRoles.join(', ')}`] : []),
    ...(goneRoles.length > 0 ? [`gone ${rolesWord(goneRoles)}: ${goneRoles.join(', ')}`] : []),
    ...(before === after
      ? []
      : [`requests without a token: ${before ?? 'rejected'} before, ${after ?? 'rejected'} after`]),
  ];
}

function rolesWord(roles: readonly string[]): string {
  return roles.length === 1 ? 'role' : 'roles';
}

/** `3 changes`, or `no change`. */
export function countedChanges(count: number): string {
  return count === 0 ? 'no change' : counted(count, 'change');
}
