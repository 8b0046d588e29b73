import type { RowCommand, SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import type { Property } from '../property.ts';
import { functionWay, hiddenViews } from './function-ways.ts';
import { knownLendingFunctions } from './known-lending-functions.ts';
import type { ParsedCatalog } from './parsed-catalog.ts';
import { visible, writable } from './policies.ts';
import { all, any, FALSE_TERM } from './script.ts';
import { environmentOf } from './sql.ts';
import { readingView, writingView } from './view-ways.ts';
import { viewsIn } from './views.ts';
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
  const { audited } = catalog;
  const table = catalog.relation(property.relation.schema, property.relation.name);
  if (!table) return { modelled: [], others: [`${property.relation.schema}.${property.relation.name} is missing`] };
  const question = { property, role, command, catalog, table };
  const direct = kin(table).flatMap((relation) => directWay(relation, question));
  const views = viewsIn(audited).filter((view) => audited.reach.isExposed(view) && dependsOn(view, table));
  const byView = views.map((view) =>
    command === 'select' ? readingView(view, question) : writingView(view, question),
  );
  const byFunction = knownLendingFunctions(role, catalog).map((fn) => functionWay(fn, question));
  const byRule = table.rules.map(({ name }) => `rule ${name} of ${table.schema}.${table.name}`);
  return {
    modelled: [...direct, ...byView, ...byFunction].filter((way) => way !== undefined && typeof way !== 'string'),
    others: [...byView, ...byFunction, ...hiddenViews(question), ...byRule].filter((way) => typeof way === 'string'),
  };
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
