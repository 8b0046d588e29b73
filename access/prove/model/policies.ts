import type { RowCommand } from '../../../audit/anywhere/survey.ts';
import { DEEPEST, onRow, type Environment } from './environment.ts';
import { truthIn } from './evaluate.ts';
import { all, any, FALSE_TERM, TRUE_TERM } from './script.ts';
import type { Row } from './world.ts';

/** Term: row security lets the role of the environment use the command on an existing row. */
export function visible(row: Row, command: RowCommand, environment: Environment): string {
  return passes(row, command, 'using', environment);
}

/** Term: row security lets the role write this version of a row. */
export function writable(row: Row, command: 'insert' | 'update', environment: Environment): string {
  return passes(row, command, 'check', environment);
}

function passes(row: Row, command: RowCommand, clause: 'using' | 'check', environment: Environment): string {
  const { catalog, role, world, depth } = environment;
  const { reach } = catalog.audited;
  const { relation } = row;
  // Rows of a materialized view are as they were when its owner made them.
  if ((relation.kind !== 'r' && relation.kind !== 'p') || reach.isUnbound(role, relation)) return TRUE_TERM;
  if (depth >= DEEPEST) return world.freshTruth(`policies of ${relation.schema}.${relation.name}, too deep`);
  const alone = { ...environment, scopes: [], arguments: new Map(), tables: new Map(), track: undefined };
  const inner = onRow({ ...alone, depth: depth + 1 }, row);
  const binding = reach.policies(role, relation, command);
  const truths = binding.map((policy) => {
    const { using, check, permissive } = policy;
    const text = clause === 'check' ? (check ?? (policy.command === 'insert' ? null : using)) : using;
    const absent = permissive ? FALSE_TERM : TRUE_TERM;
    return { permissive, t: text === null ? absent : truthIn(catalog.expression(text), inner).t };
  });
  return world.script.share(
    all(
      any(...truths.filter(({ permissive }) => permissive).map(({ t }) => t)),
      ...truths.filter(({ permissive }) => !permissive).map(({ t }) => t),
    ),
  );
}
