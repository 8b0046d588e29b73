import type { RowCommand, SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import type { Property } from '../property.ts';
import type { LeakingRequest } from '../verdict.ts';
import { onRow } from './environment.ts';
import { truthIn } from './evaluate.ts';
import type { ParsedCatalog } from './parsed-catalog.ts';
import { all, any, not } from './script.ts';
import { environmentOf } from './sql.ts';
import type { Scalar, Use } from './values.ts';
import type { Row, World } from './world.ts';

/** One way in which a request reaches rows of a table. */
export interface Way {
  readonly request: Pick<LeakingRequest, 'way' | 'schema' | 'name'>;
  /** Command of the request. @default that of the question */
  readonly command?: RowCommand;
  /** Builds the question in a world: can a row be reached for which the property does not hold? */
  build(world: World): Leak;
}

/** A term that holds where a property does not, and the rows that show it. */
export interface Leak {
  readonly term: string;
  /** The existing row. */
  readonly before?: Row;
  /** Its new version, or the new row, and the columns that a request writes. */
  readonly after?: { readonly row: Row; readonly written: readonly string[] };
  readonly arguments?: ReadonlyMap<string, Scalar>;
  /** Table of `before`. @default the property's */
  readonly of?: SurveyedRelation;
  /** The row of the property's table, where a foreign key takes it with `before`. */
  readonly met?: { readonly before: Row; readonly after: Row | undefined };
}

/** A property's question for one role and command. */
export interface Question {
  readonly property: Property;
  readonly role: string;
  readonly command: RowCommand;
  readonly catalog: ParsedCatalog;
  readonly table: SurveyedRelation;
}

/** Term: the property does not hold for a row. */
export function violates(row: Row, { property, role, catalog }: Question, world: World): string {
  const environment = onRow(environmentOf(world, catalog, role), row);
  return not(truthIn(catalog.expression(property.only), environment).t);
}

/** Columns on which a role may use a command; undefined without a grant. */
export function grantedColumns(
  role: string,
  relation: SurveyedRelation,
  command: RowCommand,
  { audited }: ParsedCatalog,
): readonly string[] | undefined {
  const access = audited.reach.access(role, relation).find((one) => one.command === command);
  return access && (access.columns ?? relation.columns.map(({ name }) => name));
}

/** Records where results are made of a row. */
export interface Meeting {
  readonly track: (guard: string, uses: readonly Use[]) => void;
  /** Term: some result is made of the row. */
  readonly term: () => string;
}

/** Begins to record. */
export function meetingOf(row: Row): Meeting {
  const met: string[] = [];
  return {
    track(guard, uses) {
      for (const use of uses) if (use.row === row) met.push(all(guard, use.guard));
    },
    term: () => any(...met),
  };
}

/** The table, and those in which its rows are found by inheritance. */
export function kin(table: SurveyedRelation): readonly SurveyedRelation[] {
  const found = new Set([table]);
  for (const one of found) for (const child of one.children) found.add(child);
  const above = new Set([table]);
  for (const one of above) for (const parent of one.parents) above.add(parent);
  return [...new Set([...found, ...above])].filter(({ kind }) => kind === 'r' || kind === 'p');
}

/** True if a view reads the table, or one in which its rows are found too. */
export function dependsOn(view: SurveyedRelation, table: SurveyedRelation): boolean {
  const found = new Set(view.reads);
  for (const one of found) for (const below of one.kind === 'v' || one.kind === 'm' ? one.reads : []) found.add(below);
  return found.has(table) || [...found].some((one) => kin(table).includes(one));
}
