import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import type { RowCommand } from '../../audit/anywhere/survey.ts';
import { concrete } from './model/concrete.ts';
import { parseCatalog, type ParsedCatalog } from './model/parsed-catalog.ts';
import { FALSE_TERM, Script } from './model/script.ts';
import type { Way } from './model/way.ts';
import { waysTo } from './model/ways.ts';
import { keepAllChecks } from './model/written-row.ts';
import { World, type Requester } from './model/world.ts';
import type { Property } from './property.ts';
import type { Solver } from './solver.ts';
import type { Counterexample, Judgement, Verdict } from './verdict.ts';

/** Answer of a database to a counterexample. */
export type Replay = (
  property: Property,
  counterexample: Counterexample,
) => Promise<{ readonly confirmed: boolean; readonly why?: string }>;

/** Settings of {@link judge}. */
export interface JudgeOptions {
  readonly solver: Solver;
  /** Tries each counterexample on a real database. Without one, what the solver found counts as it is. */
  readonly replay?: Replay | undefined;
}

/**
 * Judges properties for each of their roles and commands: a proof where the solver finds no rows, claims and request by which
 * the property does not hold.
 */
export async function judge(
  audited: Anywhere,
  properties: readonly Property[],
  options: JudgeOptions,
): Promise<readonly Judgement[]> {
  const catalog = await parseCatalog(audited, [...properties.map(({ only }) => only), 'false']);
  const judgements: Judgement[] = [];
  for (const property of properties) {
    for (const role of property.roles) {
      for (const command of property.commands) {
        const verdict = await judgeOne({ property, role, command }, catalog, options);
        judgements.push({ property, role, command, verdict });
      }
    }
  }
  return judgements;
}

interface Question {
  readonly property: Property;
  readonly role: string;
  readonly command: RowCommand;
}

async function judgeOne(question: Question, catalog: ParsedCatalog, options: JudgeOptions): Promise<Verdict> {
  const { property, role, command } = question;
  const { modelled, others } = waysTo(property, role, command, catalog);
  const pieces = new Set(others);
  for (const way of modelled) {
    const found = await ask(way, question, catalog, options);
    if (found.counterexample) return { status: 'leak', counterexample: found.counterexample };
    for (const piece of found.pieces) pieces.add(piece);
  }
  return pieces.size === 0 ? { status: 'proven' } : { status: 'not modelled', pieces: [...pieces] };
}

interface Answer {
  readonly counterexample?: Counterexample;
  readonly pieces: readonly string[];
}

async function ask(
  way: Way,
  { property, role, command }: Question,
  catalog: ParsedCatalog,
  { solver, replay }: JudgeOptions,
): Promise<Answer> {
  const { scope } = catalog.audited;
  const hasToken = !(property.withoutToken && role === scope.anonymous);
  const requester: Requester = { role, hasToken, authenticator: scope.authenticator };
  const counting = new World(new Script(), requester);
  if (way.build(counting).term === FALSE_TERM && counting.gaps.size === 0) return { pieces: [] };
  const world = new World(new Script(), requester, counting);
  const leak = way.build(world);
  keepAllChecks(world, catalog, role);
  solver.load(world.script.text());
  const answer = await solver.canHold(leak.term);
  if (answer === undefined) return { pieces: [`${way.request.name}: the solver gave up`] };
  if (!answer) return { pieces: [...world.gaps] };
  const counterexample = await concrete(world, { way, leak, role, command }, solver);
  if (!replay) return { counterexample, pieces: [] };
  const { confirmed, why } = await replay(property, counterexample);
  if (confirmed) return { counterexample, pieces: [] };
  const pieces = [...world.unmodelled, ...world.gaps];
  return { pieces: pieces.length > 0 ? pieces : [`a counterexample that the database does not confirm: ${why ?? ''}`] };
}
