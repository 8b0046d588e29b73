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

/**
 * Builds the question whether a request to a table itself reaches a row in one state of a database, and not in another one. Rows
 * are those of the first state.
 */
export function directLeak(
  world: World,
  compared: { role: string; table: QualifiedName; command: RowCommand; catalog: ParsedCatalog; other: ParsedCatalog },
): Leak {
  const { role, table, command, catalog, other } = compared;
  const [here, there] = [catalog, other].map((state) => state.relation(table.schema, table.name));
  if (!here) return { term: FALSE_TERM };
  const granted = grantedColumns(role, here, command, catalog);
  const grantedThere = there && grantedColumns(role, there, command, other);
  if (!granted) return { term: FALSE_TERM };
  const environments = [catalog, other].map((state) => environmentOf(world, state, role)) as [Environment, Environment];
  const [now, then] = environments;
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
