import type { SurveyedRelation, SurveyedTrigger } from '../../../audit/anywhere/survey.ts';
import { cast } from './casts.ts';
import { onRow, type Environment } from './environment.ts';
import { scalarIn, truthIn } from './evaluate.ts';
import type { ParsedCatalog } from './parsed-catalog.ts';
import { all, any, FALSE_TERM, not, same, TRUE_TERM } from './script.ts';
import { environmentOf } from './sql.ts';
import type { Scalar } from './values.ts';
import type { Row, World } from './world.ts';

/** A row as a request writes it: what it may not write keeps its value or gets its default. */
export function newRow(
  table: SurveyedRelation,
  granted: readonly string[],
  command: 'insert' | 'update',
  before: Row | undefined,
  environment: Environment,
): Row {
  const { world, catalog } = environment;
  const set = setByTriggers(earlyTriggers(table, command), catalog);
  const values = new Map<string, Scalar>();
  const possible: string[] = [];
  for (const column of table.columns) {
    const { name, generated, required } = column;
    const kind = world.columnKind(column);
    if (set === 'any' || set.has(name) || granted.includes(name)) continue;
    // A number that Postgres has given stays; a generated column follows from others.
    if (before && !(generated && column.default !== null)) {
      values.set(name, before.value(name)!);
      continue;
    }
    if (generated) continue;
    const value: Scalar =
      column.default === null
        ? { ...world.open(kind, `null of ${kind}`), isNull: TRUE_TERM }
        : cast(scalarIn(catalog.expression(column.default), environment), kind, world);
    values.set(name, value);
    if (required) possible.push(not(value.isNull));
  }
  return world.makeRow(table, `new ${command}`, all(...possible), values);
}

/** True if a BEFORE trigger may assign the column. */
export function isSetByTrigger(
  table: SurveyedRelation,
  command: 'insert' | 'update',
  column: string,
  catalog: ParsedCatalog,
): boolean {
  const set = setByTriggers(earlyTriggers(table, command), catalog);
  return set === 'any' || set.has(column);
}

function earlyTriggers({ triggers }: SurveyedRelation, command: 'insert' | 'update'): readonly SurveyedTrigger[] {
  return triggers.filter(({ on, before, enabled }) => before && enabled && on.includes(command));
}

/** Columns that BEFORE triggers assign; `any` where their text does not say. */
function setByTriggers(triggers: readonly SurveyedTrigger[], catalog: ParsedCatalog): ReadonlySet<string> | 'any' {
  const columns = new Set<string>();
  for (const { function: fn } of triggers) {
    const body = fn && catalog.audited.texts.bodyOf(fn);
    if (body === undefined || fn?.language !== 'plpgsql') return 'any';
    if (
      /\bNEW\s*:?=|\bINTO\s+(?:STRICT\s+)?NEW\b(?!\s*\.)|\bRETURN\s+(?!NEW\b|NULL\b|OLD\b)|populate_record|#=/i.test(
        body,
      )
    )
      return 'any';
    for (const [, quoted, plain] of body.matchAll(/\bNEW\s*\.\s*(?:"([^"]+)"|(\w+))/gi)) {
      columns.add(quoted ?? plain!.toLowerCase());
    }
  }
  return columns;
}

/** Constraints that each existing row fulfils. */
export function keepChecks(row: Row, environment: Environment): void {
  const { world, catalog } = environment;
  const pieces = [...world.unmodelled];
  for (const check of row.relation.checks) {
    const { f } = truthIn(catalog.expression(check), onRow({ ...environment, scopes: [] }, row));
    world.script.assert(any(not(row.present), not(f)));
  }
  // A proof may do without a constraint: its pieces are not named.
  world.unmodelled.clear();
  for (const piece of pieces) world.unmodelled.add(piece);
}

/** Constraints of every table hold in a world. */
export function keepAllChecks(world: World, catalog: ParsedCatalog, role: string): void {
  for (const row of [...world.rows]) keepChecks(row, environmentOf(world, catalog, role));
}

/** A row of the property's table as a row of a relation in which it is found too. */
export function as(row: Row, relation: SurveyedRelation): Row {
  return row.relation === relation ? row : { ...row, relation };
}

/** Term: two versions of a row are not the same in a column. */
export function differs(before: Row, after: Row, column: string): string {
  const [left, right] = [before.value(column), after.value(column)];
  if (!left || !right) return FALSE_TERM;
  return not(
    any(all(left.isNull, right.isNull), all(not(left.isNull), not(right.isNull), same(left.term, right.term))),
  );
}
