import type { SurveyedFunction } from '../../../audit/anywhere/survey.ts';
import type { QualifiedName } from '../../../postgres/qualified-name.ts';
import type { ParsedCatalog } from './parsed-catalog.ts';
import { resultsOf } from './queries.ts';
import { all, any, FALSE_TERM, not, TRUE_TERM } from './script.ts';
import { environmentOf } from './sql.ts';
import { kindOf, type Scalar, type Value } from './values.ts';
import type { Leak } from './way.ts';
import type { Row, World } from './world.ts';

/** Builds the question whether a function reads a row in one state of a database, and not in another one. */
export function resultLeak(
  world: World,
  asked: {
    readonly role: string;
    readonly table: QualifiedName;
    readonly signature: string;
    readonly catalog: ParsedCatalog;
    readonly other: ParsedCatalog;
  },
): Leak {
  const { table, signature, catalog, other } = asked;
  const [here, there] = [catalog, other].map((state) =>
    state.audited.survey.functions.find((fn) => fn.signature === signature),
  );
  const relation = catalog.relation(table.schema, table.name);
  if (!here || !relation) return { term: FALSE_TERM };
  const before = world.addRow(relation, 'subject', true);
  const args = here.arguments.map((type, n): [string, Scalar] => [
    here.argument_names[n] || `$${n + 1}`,
    world.open(kindOf(type), `argument ${n}`),
  ]);
  const read = (fn: SurveyedFunction | undefined, state: ParsedCatalog) =>
    fn ? readingOf(world, { ...asked, state, fn, before, args }) : FALSE_TERM;
  return { term: all(read(here, catalog), not(read(there, other))), before, arguments: new Map(args) };
}

/** Term: the function's result is made of the row. */
function readingOf(
  world: World,
  {
    role,
    state,
    fn,
    before,
    args,
  }: {
    readonly role: string;
    readonly state: ParsedCatalog;
    readonly fn: SurveyedFunction;
    readonly before: Row;
    readonly args: readonly (readonly [string, Scalar])[];
  },
): string {
  const query = state.query(fn);
  if (!query) {
    world.gaps.add(`function ${fn.signature}`);
    return FALSE_TERM;
  }
  const values = new Map<string, Value>(args);
  args.forEach(([, value], n) => values.set(`$${n + 1}`, value));
  const user = fn.security_definer ? fn.owner : role;
  const isRun = fn.strict ? all(...args.map(([, value]) => not(value.isNull))) : TRUE_TERM;
  const met: string[] = [];
  resultsOf(query, {
    ...environmentOf(world, state, role),
    role: user,
    user,
    arguments: values,
    depth: 1,
    track: (guard, uses) => {
      for (const use of uses) if (isSame(use.row, before)) met.push(all(guard, use.guard));
    },
  });
  return all(isRun, any(...met));
}

/** Each state has relations of its own; rows have the same names in both. */
function isSame({ relation, name }: Row, other: Row): boolean {
  return name === other.name && relation.schema === other.relation.schema && relation.name === other.relation.name;
}
