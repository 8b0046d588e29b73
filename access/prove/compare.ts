import type { RowCommand } from '../../audit/anywhere/survey.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';
import { concrete } from './model/concrete.ts';
import type { ParsedCatalog } from './model/parsed-catalog.ts';
import { resultLeak } from './model/result-leak.ts';
import { Script } from './model/script.ts';
import { directLeak, foundLeak } from './model/state-leak.ts';
import type { Leak, Way } from './model/way.ts';
import { keepAllChecks } from './model/written-row.ts';
import { World } from './model/world.ts';
import type { Solver } from './solver.ts';
import type { Counterexample } from './verdict.ts';

/** Access of a role to the rows of a table with a command. */
export interface Compared {
  readonly role: string;
  readonly table: QualifiedName;
  readonly command: RowCommand;
  /** View that reads the table, and the role with whose rights it does so in each state. @default the table itself is read */
  readonly through?: { readonly view: QualifiedName; readonly before: string; readonly after: string } | undefined;
}

/** Rows of a table that a role reads by the call of a function. */
export interface ComparedCall {
  readonly role: string;
  readonly table: QualifiedName;
  /** Function by its signature, which both states have. */
  readonly signature: string;
}

/** How access changes, with a row that only one of the states reaches. */
export type Change =
  | { readonly grade: 'same' }
  | { readonly grade: 'narrower'; readonly closed: Counterexample }
  | { readonly grade: 'wider'; readonly opened: Counterexample }
  | { readonly grade: 'incomparable'; readonly opened: Counterexample; readonly closed: Counterexample }
  | { readonly grade: 'not decided'; readonly pieces: readonly string[] };

type State = 'before' | 'after';

/** Two states of a database. */
export type States = Readonly<Record<State, ParsedCatalog>>;

/** Questions on two states of a database. */
export interface Comparison {
  compare(compared: Compared): Promise<Change>;
  /** Compares rows that an update meets, whether or not it may write them: one that it may not write makes the request fail. */
  compareMet(compared: Pick<Compared, 'role' | 'table'>): Promise<Change>;
  compareCall(compared: ComparedCall): Promise<Change>;
}

/**
 * Prepares two states of a database, before and after a change. Rows and claims are the same in both: grants, policies, and
 * the functions that these call differ.
 */
export function prepareComparison(states: States, solver: Solver): Comparison {
  return {
    compare: (compared) => {
      const { role, table, command, through } = compared;
      const readers = { before: through?.before ?? role, after: through?.after ?? role };
      const request = through
        ? { way: 'view' as const, ...nameOf(through.view) }
        : { way: 'table' as const, ...nameOf(table) };
      return changeOf(states, { role, command, request }, solver, (world, here, there) =>
        directLeak(world, {
          ...compared,
          readers: [readers[here], readers[there]],
          catalog: states[here],
          other: states[there],
        }),
      );
    },
    compareMet: ({ role, table }) =>
      changeOf(
        states,
        { role, command: 'update', request: { way: 'table', ...nameOf(table) } },
        solver,
        (world, here, there) => foundLeak(world, { role, table, catalog: states[here], other: states[there] }),
      ),
    compareCall: ({ role, table, signature }) => {
      const [schema, name] = functionName(states.before, signature);
      return changeOf(
        states,
        { role, command: 'select', request: { way: 'function', schema, name } },
        solver,
        (world, here, there) =>
          resultLeak(world, { role, table, signature, catalog: states[here], other: states[there] }),
      );
    },
  };
}

const nameOf = ({ schema, name }: QualifiedName) => ({ schema, name });

function functionName({ audited }: ParsedCatalog, signature: string): [schema: string, name: string] {
  const { schema, name } = audited.survey.functions.find((fn) => fn.signature === signature)!;
  return [schema, name];
}

type Asked = Pick<Way, 'request'> & { readonly role: string; readonly command: RowCommand };
/** Builds the question whether a row is reached here, and not there. */
type Build = (world: World, here: State, there: State) => Leak;

async function changeOf(states: States, asked: Asked, solver: Solver, build: Build): Promise<Change> {
  const opened = await onlyIn(states, asked, solver, (world) => build(world, 'after', 'before'), 'after');
  if ('pieces' in opened) return { grade: 'not decided', pieces: opened.pieces };
  const closed = await onlyIn(states, asked, solver, (world) => build(world, 'before', 'after'), 'before');
  if ('pieces' in closed) return { grade: 'not decided', pieces: closed.pieces };
  if (opened.row && closed.row) return { grade: 'incomparable', opened: opened.row, closed: closed.row };
  if (opened.row) return { grade: 'wider', opened: opened.row };
  return closed.row ? { grade: 'narrower', closed: closed.row } : { grade: 'same' };
}

/** A row that a request reaches in one state and not in the other. */
async function onlyIn(
  states: States,
  { role, command, request }: Asked,
  solver: Solver,
  build: (world: World) => Leak,
  here: State,
): Promise<{ readonly row: Counterexample | undefined } | { readonly pieces: readonly string[] }> {
  const { scope } = states[here].audited;
  // A token may name the role of requests without one, and bring claims.
  const requester = { role, hasToken: true, authenticator: scope.authenticator };
  const question = (before?: World) => {
    const world = new World(new Script(), requester, before);
    const leak = build(world);
    keepAllChecks(world, states[here], role);
    return { world, leak };
  };
  const { world, leak } = question(question().world);
  solver.load(world.script.text());
  const answer = await solver.canHold(leak.term);
  const gaps = [...world.gaps, ...world.refusals];
  const pieces = [...world.unmodelled, ...gaps];
  if (answer === undefined) return { pieces: ['the solver gave up'] };
  if (answer ? pieces.length > 0 : gaps.length > 0) return { pieces };
  if (!answer) return { row: undefined };
  return { row: await concrete(world, { way: { request }, leak, role, command }, solver) };
}
