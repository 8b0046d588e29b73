import type { RowCommand, SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import type { Property } from '../property.ts';
import { functionWay, hiddenViews } from './function-ways.ts';
import { knownLendingFunctions } from './known-lending-functions.ts';
import type { ParsedCatalog } from './parsed-catalog.ts';
import { visible, writable } from './policies.ts';
import { all, any, FALSE_TERM } from './script.ts';
import { environmentOf } from './sql.ts';
import { referenceWays } from './reference-ways.ts';
import { readingView, writingView } from './view-ways.ts';
import { ruledIn, viewsIn } from './views.ts';
import { dependsOn, grantedColumns, kin, violates, type Leak, type Question, type Way } from './way.ts';
import { as, keepChecks, newRow } from './written-row.ts';
import type { World } from './world.ts';

/** Ways that are modelled, and words for those that are not. */
export interface Ways {
  readonly modelled: readonly Way[];
  readonly others: readonly string[];
}

/** Finds every way in which a role's requests may do a command to rows of the property's table. */
export function waysTo(property: Property, role: string, command: RowCommand, catalog: ParsedCatalog): Ways {
  const table = catalog.relation(property.relation.schema, property.relation.name);
  if (!table) return { modelled: [], others: [`${property.relation.schema}.${property.relation.name} is missing`] };
  return waysOf({ property, role, command, catalog, table }, []);
}

/** @param above tables whose rows the table's rows take with them */
function waysOf(question: Question, above: readonly SurveyedRelation[]): Ways {
  const { role, command, catalog, table } = question;
  const { audited } = catalog;
  const byReference = above.includes(table) ? NONE : referenceWays(question, above, waysOf);
  const direct = kin(table).flatMap((relation) => directWay(relation, question));
  const views = viewsIn(audited).filter((view) => audited.reach.isExposed(view) && dependsOn(view, table));
  const byView = views.map((view) =>
    command === 'select' ? readingView(view, question) : writingView(view, question),
  );
  const byFunction = knownLendingFunctions(role, command, catalog).map((fn) => functionWay(fn, question));
  return {
    modelled: [...direct, ...byView, ...byFunction, ...byReference.modelled].filter(
      (way) => way !== undefined && typeof way !== 'string',
    ),
    others: [...byView, ...byFunction, ...hiddenViews(question), ...rulesTo(question), ...byReference.others].filter(
      (way) => typeof way === 'string',
    ),
  };
}

const NONE: Ways = { modelled: [], others: [] };

/** Rules of the table, and those that name it or a function: they run with the rights of the owner of their table. */
function rulesTo({ role, catalog, table }: Question): string[] {
  const { audited } = catalog;
  const ruled = ruledIn(audited);
  if (ruled.length === 0) return [];
  const { survey, reach } = audited;
  const views = viewsIn(audited).filter((one) => one.kind === 'v' && dependsOn(one, table));
  const names = [table, ...views].map(({ name }) => name);
  const calls = survey.functions.map(({ name }) => `${name}(`);
  return ruled.flatMap((relation) =>
    relation.rules
      .filter(
        ({ command, definition }) =>
          relation === table ||
          (reach.may(role, relation, command) && [...names, ...calls].some((name) => definition.includes(name))),
      )
      .map(({ name }) => `rule ${name} of ${relation.schema}.${relation.name}`),
  );
}

function directWay(relation: SurveyedRelation, question: Question): Way[] {
  const { role, command, catalog, property, table } = question;
  const granted = grantedColumns(role, relation, command, catalog);
  if (!granted) return [];
  if (property.columns && command !== 'insert' && !granted.some((name) => property.columns!.includes(name))) return [];
  const request = { way: 'table', schema: relation.schema, name: relation.name } as const;
  const build = (world: World): Leak => {
    const environment = environmentOf(world, catalog, role);
    if (command === 'insert') {
      if (relation !== table) return { term: FALSE_TERM };
      const after = newRow(table, granted, 'insert', undefined, environment);
      keepChecks(after, environment);
      const term = all(after.present, writable(after, 'insert', environment), violates(after, question, world));
      return { term, after: { row: after, written: granted } };
    }
    const before = world.addRow(table, 'subject', true);
    const reached = visible(as(before, relation), command, environment);
    const wrong = violates(before, question, world);
    if (command !== 'update') return { term: all(reached, wrong), before };
    const after = newRow(table, granted, 'update', before, environment);
    keepChecks(after, environment);
    const passes = writable(as(after, relation), 'update', environment);
    const isWrong = any(wrong, violates(after, question, world));
    return { term: all(reached, after.present, passes, isWrong), before, after: { row: after, written: granted } };
  };
  return [{ request, build }];
}
