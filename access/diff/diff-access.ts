import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import { isTable } from '../../audit/anywhere/exposed.ts';
import { COMMANDS, type RowCommand, type SurveyedRelation } from '../../audit/anywhere/survey.ts';
import { namedRelation } from '../../audit/anywhere/named-relations.ts';
import type { AccessChange, AccessDiff } from './access-diff.ts';
import type { DiffSide } from './diff-side.ts';
import { diffCalls } from './diff-calls.ts';
import { diffPreRequest } from './diff-pre-request.ts';
import { boundOf, changedPieces } from './compare-pieces.ts';
import { decidingRows, withoutSolver, type CompareRows, type RowComparison } from './compare-rows.ts';
import { rowPieces } from './deciding-pieces.ts';
import { diffViewRights } from './diff-view-rights.ts';
import { combined, gradeOf, GRADES, type Graded } from './grade.ts';

export interface DiffOptions {
  /** Logic that compares conditions. @default none: conditions that are written differently are not decided */
  readonly compareRows?: CompareRows | undefined;
  /** Grades a grant as well by which no row is reached. @default false: what no policy serves is no access */
  readonly everyGrant?: boolean | undefined;
}

/** Grades how the access of each role of requests changes, for each table, view, function and command. */
export async function diffAccess(
  before: DiffSide,
  after: DiffSide,
  { compareRows = withoutSolver, everyGrant = false }: DiffOptions = {},
): Promise<AccessDiff> {
  const [old, now] = [before.anywhere, after.anywhere];
  const roles = union(old.scope.roles, now.scope.roles);
  const rows: AccessChange[] = [];
  for (const role of roles) rows.push(...(await diffRelations({ role, old, now, compareRows, everyGrant })));
  const calls: AccessChange[] = [];
  for (const role of roles) calls.push(...(await diffCalls(role, old, now, compareRows)));
  const all = [...rows, ...calls, ...(await diffPreRequest(before, after))];
  const changes = all.filter(({ grade }) => grade !== 'same');
  return {
    before: before.name,
    after: after.name,
    newRoles: now.scope.roles.filter((role) => !old.scope.roles.includes(role)),
    goneRoles: old.scope.roles.filter((role) => !now.scope.roles.includes(role)),
    anonymous: { before: old.scope.anonymous, after: now.scope.anonymous },
    changes: GRADES.flatMap((grade) => changes.filter((change) => change.grade === grade)),
    same: all.length - changes.length,
  };
}

interface Sides {
  readonly role: string;
  readonly old: Anywhere;
  readonly now: Anywhere;
  readonly compareRows: CompareRows;
  readonly everyGrant: boolean;
}

async function diffRelations(sides: Sides): Promise<AccessChange[]> {
  const { role, old, now } = sides;
  const changes: AccessChange[] = [];
  for (const relation of union(reached(old, role), reached(now, role), ({ schema, name }) => `${schema}.${name}`)) {
    for (const command of COMMANDS) {
      const change = await diffCommand(sides, relation, command);
      if (change) changes.push(change);
    }
  }
  return changes;
}

/** Relations on which a role of requests has a grant. */
function reached({ survey, scope, reach }: Anywhere, role: string): SurveyedRelation[] {
  if (!scope.roles.includes(role)) return [];
  return survey.relations.filter(
    (relation) => relation.kind !== 'S' && relation.extension === null && reach.access(role, relation).length > 0,
  );
}

/** A command as grants allow it; undefined where they do not. */
interface Granted {
  readonly relation: SurveyedRelation;
  /** Undefined for all. */
  readonly columns: ReadonlySet<string> | undefined;
  readonly isExposed: boolean;
}

function grantedOf(
  { survey, scope, reach }: Anywhere,
  role: string,
  relation: SurveyedRelation | undefined,
  command: RowCommand,
): Granted | undefined {
  if (!relation || !scope.roles.includes(role) || !survey.relations.includes(relation)) return undefined;
  if (relation.kind === 'v' && command !== 'select' && !relation.writable.includes(command)) return undefined;
  const access = reach.access(role, relation).find((one) => one.command === command);
  if (!access) return undefined;
  return { relation, columns: access.columns && new Set(access.columns), isExposed: reach.isExposed(relation) };
}

async function diffCommand(
  sides: Sides,
  { schema, name, kind }: SurveyedRelation,
  command: RowCommand,
): Promise<AccessChange | undefined> {
  const { role, old, now } = sides;
  const was = grantedOf(old, role, namedRelation(old, { schema, name }), command);
  const is = grantedOf(now, role, namedRelation(now, { schema, name }), command);
  if (!was && !is) return undefined;
  const object = { kind: kind === 'v' || kind === 'm' ? ('view' as const) : ('table' as const), schema, name };
  const rows = await diffRows(sides, { was, is, command });
  const grants = diffGrants(was, is, command);
  // A command that reaches no row, before and after, is none.
  const isEmpty = (!was || !is) && rows.grade === 'same';
  const decided = isEmpty && !sides.everyGrant ? rows : combined(grants, onlyIfBoth(rows, was, is));
  const met = was && is && command === 'update' ? await diffMet(sides, { was, is, rows }) : NOT_MET;
  const { grade, bound } = combined(decided, met);
  return {
    role,
    object,
    command,
    grade,
    bound,
    reasons: grade === 'same' ? [] : [...grants.reasons, ...(isEmpty ? [NO_ROW] : []), ...met.reasons],
    ...decidingRows(rows.comparison),
    notModelled: grade === 'not decided' ? [...piecesOf(rows.comparison), ...met.pieces] : [],
    pieces: rows.pieces,
  };
}

const piecesOf = (comparison: RowComparison) => (comparison.grade === 'not decided' ? comparison.pieces : []);
const NO_ROW = 'no policy lets a row be reached by it';
const NOT_MET = { grade: 'same', reasons: [], pieces: [] } as const;

/** Rows that an update meets and may not write: it fails, which tells that there are such rows. */
async function diffMet(
  { role, old, now, compareRows }: Sides,
  { was, is, rows }: { was: Granted; is: Granted; rows: Rows },
): Promise<Graded & { readonly reasons: readonly string[]; readonly pieces: readonly string[] }> {
  const { schema, name } = is.relation;
  const extents = [extentOf(old, role, was, 'update'), extentOf(now, role, is, 'update')] as const;
  // Where more rows are written, more are met.
  if (rows.grade !== 'same' && rows.grade !== 'narrower') return NOT_MET;
  if (rows.pieces.length === 0 || !isTable(is.relation)) return NOT_MET;
  if (extents[0] === extents[1] && extents[0] !== 'some') return NOT_MET;
  const found = await compareRows(old, now, { kind: 'met', role, table: { schema, name } });
  const { grade } = found;
  if (grade === 'same' || grade === rows.grade) return NOT_MET;
  if (grade === 'not decided') return { grade, reasons: [], pieces: found.pieces };
  const words = grade === 'narrower' ? 'no longer meets rows' : 'meets rows';
  return { grade, reasons: [`${words} that it may not write, so that a request fails`], pieces: [] };
}

/** A command that is new, or gone, is wider or narrower by itself. */
function onlyIfBoth(rows: Graded, was: Granted | undefined, is: Granted | undefined): Graded {
  return was && is ? rows : { grade: 'same' };
}

function diffGrants(
  was: Granted | undefined,
  is: Granted | undefined,
  command: RowCommand,
): Graded & { reasons: string[] } {
  if (!was) return { grade: 'wider', reasons: [`gains ${command}`] };
  if (!is) return { grade: 'narrower', reasons: [`loses ${command}`] };
  const gained = missing(is, was);
  const lost = missing(was, is);
  const words = (verb: string, columns: readonly string[]) =>
    columns.length === 0 ? [] : [`${verb} the ${columns.length === 1 ? 'column' : 'columns'} ${columns.join(', ')}`];
  const exposure =
    was.isExposed === is.isExposed ? [] : [`its schema is ${is.isExposed ? 'exposed' : 'no longer exposed'}`];
  const opens = !was.isExposed && is.isExposed;
  const closes = was.isExposed && !is.isExposed;
  return {
    grade: gradeOf(gained.length > 0 || opens, lost.length > 0 || closes),
    reasons: [...exposure, ...words('gains', gained), ...words('loses', lost)],
  };
}

/** Columns that one side has, and that the other side has not; a delete has none. */
function missing(one: Granted, other: Granted): string[] {
  const all = one.relation.columns.map(({ name }) => name);
  // A grant on all of a table counts as before where a column is added to the table, or removed.
  if (one.columns === undefined && other.columns === undefined) return [];
  const exists = new Set(other.relation.columns.map(({ name }) => name));
  return all.filter((name) => holds(one, name) && !(holds(other, name) && exists.has(name)));
}

function holds({ columns }: Granted, name: string): boolean {
  return columns === undefined || columns.has(name);
}

interface Rows extends Graded {
  readonly comparison: RowComparison;
  readonly pieces: AccessChange['pieces'];
}

async function diffRows(
  { role, old, now, compareRows }: Sides,
  { was, is, command }: { was: Granted | undefined; is: Granted | undefined; command: RowCommand },
): Promise<Rows> {
  const before = was ? rowPieces(old, { role, relation: was.relation, command }) : [];
  const after = is ? rowPieces(now, { role, relation: is.relation, command }) : [];
  const pieces = changedPieces(before, after);
  const extents = [extentOf(old, role, was, command), extentOf(now, role, is, command)] as const;
  const isSame =
    (was && is && pieces.length === 0) ||
    extents.every((extent) => extent === 'none') ||
    // An update is judged by its new row as well.
    (command !== 'update' && extents.every((extent) => extent === 'all'));
  if (isSame) return { grade: 'same', comparison: { grade: 'same' }, pieces: [] };
  const { schema, name } = (is ?? was)!.relation;
  const code = was && is ? pieces.filter(({ isCode }) => isCode) : [];
  const comparison: RowComparison =
    code.length > 0
      ? { grade: 'not decided', pieces: code.map((piece) => piece.name) }
      : isTable((is ?? was)!.relation)
        ? await compareRows(old, now, { kind: 'rows', role, table: { schema, name }, command })
        : ((was && is && command === 'select'
            ? await diffViewRights({ role, old, now, compareRows }, was.relation, is.relation)
            : undefined) ?? { grade: 'not decided', pieces: pieces.map((piece) => piece.name) });
  const bound = comparison.grade === 'not decided' && was && is ? boundOf(before, after) : undefined;
  return { grade: comparison.grade, bound, comparison, pieces: was && is ? pieces : [] };
}

/**
 * How many rows are reached, as far as that is known without the logic; undefined for what is no table. A token may name the
 * role of requests without one, and bring claims.
 */
function extentOf(anywhere: Anywhere, role: string, granted: Granted | undefined, command: RowCommand) {
  if (!granted) return 'none';
  return isTable(granted.relation) ? anywhere.extent(role, granted.relation, command, 'any') : undefined;
}

/** Items of both without repetition, in their order. */
function union<Item>(
  one: readonly Item[],
  other: readonly Item[],
  keyOf: (item: Item) => unknown = (item) => item,
): Item[] {
  return [...new Map([...one, ...other].map((item) => [keyOf(item), item])).values()];
}
