import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import type { RowCommand } from '../../audit/anywhere/survey.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';
import { concrete } from './model/concrete.ts';
import { parseCatalog, type ParsedCatalog } from './model/parsed-catalog.ts';
import { Script } from './model/script.ts';
import { directLeak } from './model/state-leak.ts';
import { keepAllChecks } from './model/written-row.ts';
import { World } from './model/world.ts';
import type { Solver } from './solver.ts';
import type { Counterexample } from './verdict.ts';

/** Access of a role to the rows of a table with a command. */
export interface Compared {
  readonly role: string;
  readonly table: QualifiedName;
  readonly command: RowCommand;
}

/** How access changes; `wider` and `incomparable` have a row that the change opens. */
export type Change =
  | { readonly grade: 'same' | 'narrower' }
  | { readonly grade: 'wider' | 'incomparable'; readonly opened: Counterexample }
  | { readonly grade: 'not decided'; readonly pieces: readonly string[] };

/** Two states of a database, prepared for comparisons. */
export interface Comparison {
  compare(compared: Compared): Promise<Change>;
}

/**
 * Prepares two states of a database, before and after a change: rows, claims and what functions compute are the same in both,
 * and only grants and policies differ.
 */
export async function prepareComparison(before: Anywhere, after: Anywhere, solver: Solver): Promise<Comparison> {
  const [old, changed] = [await parseCatalog(before, []), await parseCatalog(after, [])];
  return { compare: (compared) => compare(compared, old, changed, solver) };
}

async function compare(
  compared: Compared,
  before: ParsedCatalog,
  after: ParsedCatalog,
  solver: Solver,
): Promise<Change> {
  const opened = await onlyIn(compared, after, before, solver);
  if ('pieces' in opened) return { grade: 'not decided', pieces: opened.pieces };
  const closed = await onlyIn(compared, before, after, solver);
  if ('pieces' in closed) return { grade: 'not decided', pieces: closed.pieces };
  if (opened.row) return { grade: closed.row ? 'incomparable' : 'wider', opened: opened.row };
  return { grade: closed.row ? 'narrower' : 'same' };
}

/** A row that a request reaches in one state and not in the other. */
async function onlyIn(
  { role, table, command }: Compared,
  one: ParsedCatalog,
  other: ParsedCatalog,
  solver: Solver,
): Promise<{ readonly row: Counterexample | undefined } | { readonly pieces: readonly string[] }> {
  const build = (before?: World) => {
    const { scope } = one.audited;
    const requester = { role, hasToken: role !== scope.anonymous, authenticator: scope.authenticator };
    const world = new World(new Script(), requester, before);
    const leak = directLeak(world, { role, table, command, catalog: one, other });
    keepAllChecks(world, one, role);
    return { world, leak };
  };
  const { world, leak } = build(build().world);
  solver.load(world.script.text());
  const answer = await solver.canHold(leak.term);
  const pieces = [...world.unmodelled, ...world.gaps];
  if (answer === undefined) return { pieces: ['the solver gave up'] };
  if (answer ? pieces.length > 0 : world.gaps.size > 0) return { pieces };
  if (!answer) return { row: undefined };
  const way = { request: { way: 'table', schema: table.schema, name: table.name } } as const;
  return { row: await concrete(world, { way, leak, role, command }, solver) };
}
