import {
  expressionOf,
  expressionsOf,
  namesOf,
  type Expression,
} from '../../../postgres/expressions/parse-expression.ts';
import type { Node } from '../../../postgres/expressions/walk.ts';
import type { SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import { onRow } from './environment.ts';
import { truthIn } from './evaluate.ts';
import { visible, writable } from './policies.ts';
import { resultsOf, viewEnvironment } from './queries.ts';
import { all, any, FALSE_TERM, TRUE_TERM } from './script.ts';
import { environmentOf } from './sql.ts';
import { meetingOf, violates, type Question, type Way } from './way.ts';
import { keepChecks, newRow } from './written-row.ts';
import type { Row } from './world.ts';

/** A view that shows rows of the table. */
export function readingView(view: SurveyedRelation, question: Question): Way | undefined {
  const { role, catalog, table } = question;
  if (!catalog.audited.reach.may(role, view, 'select')) return undefined;
  return {
    request: { way: 'view', schema: view.schema, name: view.name },
    build: (world) => {
      const before = world.addRow(table, 'subject', true);
      const environment = environmentOf(world, catalog, role);
      const meeting = meetingOf(before);
      const query = catalog.query(view);
      // A materialized view holds what its owner read.
      const inner =
        view.kind === 'm'
          ? { ...viewEnvironment(view, environment), role: view.owner, user: view.owner }
          : viewEnvironment(view, environment);
      if (query) resultsOf(query, { ...inner, track: meeting.track });
      else world.gaps.add(`view ${view.schema}.${view.name}`);
      return { term: all(meeting.term(), violates(before, question, world)), before };
    },
  };
}

/** A view that passes a command on to the table with its owner's rights. */
export function writingView(view: SurveyedRelation, question: Question): Way | string | undefined {
  const { role, command, catalog, table } = question;
  const access = catalog.audited.reach.access(role, view).find((one) => one.command === command);
  if (!access || !view.writable.includes(command) || view.security_invoker) return undefined;
  const piece = `${command} through view ${view.schema}.${view.name}`;
  const query = catalog.query(view);
  const [from, ...others] = expressionsOf(query?.['fromClause']);
  if (view.triggers.length > 0 || !query || from?.kind !== 'RangeVar' || others.length > 0) return piece;
  if (catalog.relation(from.node['schemaname'] as string | undefined, String(from.node['relname'])) !== table) {
    return piece;
  }
  const columns = viewColumns(view, query, access.columns);
  return {
    request: { way: 'view', schema: view.schema, name: view.name },
    build: (world) => {
      const environment = viewEnvironment(view, environmentOf(world, catalog, role));
      const shows = (row: Row) =>
        query['whereClause'] === undefined
          ? TRUE_TERM
          : truthIn(expressionOf(query['whereClause']), onRow(environment, row)).t;
      const before = command === 'insert' ? undefined : world.addRow(table, 'subject', true);
      const reached = before ? all(shows(before), visible(before, command, environment)) : TRUE_TERM;
      const wrong = before ? violates(before, question, world) : FALSE_TERM;
      if (command === 'delete') return { term: all(reached, wrong), before: before! };
      const after = newRow(table, columns, command === 'insert' ? 'insert' : 'update', before, environment);
      keepChecks(after, environment);
      const passes = writable(after, command === 'insert' ? 'insert' : 'update', environment);
      const kept = view.check_option ? shows(after) : TRUE_TERM;
      const isWrong = any(wrong, violates(after, question, world));
      const term = all(reached, after.present, passes, kept, isWrong);
      return { term, ...(before && { before }), after: { row: after, written: columns } };
    },
  };
}

/** Columns of the table that a view lets a role write. */
function viewColumns(view: SurveyedRelation, query: Node, granted: readonly string[] | undefined): string[] {
  return expressionsOf(query['targetList']).flatMap(({ node }, n) => {
    const name = view.columns[n]?.name ?? '';
    const value: Expression | undefined = expressionOf(node['val']);
    if (value?.kind !== 'ColumnRef' || (granted && !granted.includes(name))) return [];
    return [namesOf(value.node['fields']).at(-1) ?? ''];
  });
}
