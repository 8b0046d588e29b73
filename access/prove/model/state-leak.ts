import { grantedColumns as columnsAnywhere } from '../../../audit/anywhere/kept.ts';
import type { QualifiedName } from '../../../postgres/qualified-name.ts';
import type { RowCommand, SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import type { Environment } from './environment.ts';
import type { ParsedCatalog } from './parsed-catalog.ts';
import { visible, writable } from './policies.ts';
import { all, FALSE_TERM, not, TRUE_TERM } from './script.ts';
import { environmentOf } from './sql.ts';
import { grantedColumns, type Leak } from './way.ts';
import { as, differs, keepChecks, newRow } from './written-row.ts';
import type { Row, World } from './world.ts';

/** Question on the rows of a table in two states of a database. Rows are those of the first state. */
interface Asked {
  readonly role: string;
  readonly table: QualifiedName;
  readonly catalog: ParsedCatalog;
  readonly other: ParsedCatalog;
}

/**
 * Builds the question whether a request to a table reaches a row in one state of a database, and not in another one.
 *
 * @param compared its readers are the roles whose rights count in each of the states: others than the role's in a view
 */
export function directLeak(
  world: World,
  compared: Asked & { readonly command: RowCommand; readonly readers: readonly [here: string, there: string] },
): Leak {
  const { role, table, command, catalog, other, readers } = compared;
  const [here, there] = [catalog, other].map((state) => state.relation(table.schema, table.name));
  if (!here) return { term: FALSE_TERM };
  const granted = columnsOf(compared, readers[0], here, catalog);
  const grantedThere = there && columnsOf(compared, readers[1], there, other);
  if (!granted) return { term: FALSE_TERM };
  const [now, then] = [catalog, other].map((state, n) => ({
    ...environmentOf(world, state, role),
    role: readers[n]!,
  })) as [Environment, Environment];
  const passesThere = (build: (environment: Environment, relation: SurveyedRelation) => string) =>
    there && grantedThere ? build(then, there) : FALSE_TERM;
  if (command === 'insert') {
    const after = newRow(here, granted, 'insert', undefined, now);
    keepChecks(after, now);
    const reaches = all(after.present, writable(after, 'insert', now));
    const reached = passesThere((environment, relation) =>
      all(
        writtenOnly(granted, grantedThere ?? [], undefined, after),
        writable(as(after, relation), 'insert', environment),
      ),
    );
    return { term: all(reaches, not(reached)), after: { row: after, written: granted } };
  }
  const before = world.addRow(here, 'subject', true);
  const reaches = visible(before, command, now);
  if (command !== 'update') {
    const reached = passesThere((environment, relation) => visible(as(before, relation), command, environment));
    const isWider = command === 'select' && granted.some((name) => !(grantedThere ?? []).includes(name));
    return { term: all(reaches, isWider ? TRUE_TERM : not(reached)), before };
  }
  const after = newRow(here, granted, 'update', before, now);
  keepChecks(after, now);
  const reached = passesThere((environment, relation) =>
    all(
      visible(as(before, relation), 'update', environment),
      writtenOnly(granted, grantedThere ?? [], before, after),
      writable(as(after, relation), 'update', environment),
    ),
  );
  const term = all(reaches, after.present, writable(after, 'update', now), not(reached));
  return { term, before, after: { row: after, written: granted } };
}

/** Builds the question whether an update meets a row in one state of a database, and not in another one. */
export function foundLeak(world: World, { role, table, catalog, other }: Asked): Leak {
  const [here, there] = [catalog, other].map((state) => state.relation(table.schema, table.name));
  if (!here || !grantedColumns(role, here, 'update', catalog)) return { term: FALSE_TERM };
  const before = world.addRow(here, 'subject', true);
  const isMetThere = there && grantedColumns(role, there, 'update', other);
  const [now, then] = [catalog, other].map((state) => environmentOf(world, state, role)) as [Environment, Environment];
  const met = isMetThere ? visible(as(before, there), 'update', then) : FALSE_TERM;
  return { term: all(visible(before, 'update', now), not(met)), before };
}

/** Columns on which a reader may use the command; a view names a table whatever its schema lets the reader do. */
function columnsOf(
  { role, command }: { readonly role: string; readonly command: RowCommand },
  reader: string,
  relation: SurveyedRelation,
  catalog: ParsedCatalog,
): readonly string[] | undefined {
  if (reader === role) return grantedColumns(role, relation, command, catalog);
  const granted = columnsAnywhere(catalog.audited, reader, relation, command);
  if (granted === 'all') return relation.columns.map(({ name }) => name);
  return granted.size > 0 ? [...granted] : undefined;
}

/** Term: nothing is written in columns that only one state lets the role write. */
function writtenOnly(
  granted: readonly string[],
  grantedThere: readonly string[],
  before: Row | undefined,
  after: Row,
): string {
  const more = granted.filter((name) => !grantedThere.includes(name));
  return before
    ? all(...more.map((name) => not(differs(before, after, name))))
    : more.length > 0
      ? FALSE_TERM
      : TRUE_TERM;
}
