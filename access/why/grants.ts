import { fix, run, type Fix } from '../../audit/fix.ts';
import { sqlName } from '../../audit/relations.ts';
import { listed } from '../../audit/anywhere/words.ts';
import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import type { RowCommand, SurveyedRelation } from '../../audit/anywhere/survey.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import type { Step } from './explanation.ts';

/** Columns that a request needs for a command; `any`: the command on any column, or on none. */
export interface NeededGrant {
  readonly command: RowCommand;
  readonly columns: readonly string[] | 'any';
  /** Reason in words, where it is not plain: `it filters by`. */
  readonly reason?: string;
}

/** The step of USAGE on the schema. */
export function schemaStep({ reach }: Anywhere, role: string, schema: string): Step {
  if (reach.usesSchema(role, schema)) {
    return { stage: 'schema', outcome: 'passed', words: `${role} may use schema ${schema}` };
  }
  return {
    stage: 'schema',
    outcome: 'decided',
    words: `${role} has no USAGE on schema ${schema}`,
    fix: run(`GRANT USAGE ON SCHEMA ${quoteIdentifier(schema)} TO ${quoteIdentifier(role)}`),
  };
}

/** The steps of grants that a request needs: one for each that is missing, or one that says that all are there. */
export function grantSteps(
  audited: Anywhere,
  role: string,
  relation: SurveyedRelation,
  needed: readonly NeededGrant[],
): Step[] {
  const missing = needed.flatMap((need) => missingGrant(audited, role, relation, need) ?? []);
  if (missing.length > 0) return missing;
  const commands = [...new Set(needed.map(({ command }) => command))];
  const words = `${role} has the grants that it needs to ${listed(commands)} ${placeOf(relation)}`;
  return [{ stage: 'grants', outcome: 'passed', words }];
}

function missingGrant(
  { reach }: Anywhere,
  role: string,
  relation: SurveyedRelation,
  { command, columns, reason }: NeededGrant,
): Step | undefined {
  const granted = reach.access(role, relation).find((access) => access.command === command);
  if (granted && granted.columns === undefined) return undefined;
  const lacking = columns === 'any' ? [] : columns.filter((name) => granted?.columns?.includes(name) !== true);
  const because = reason === undefined ? '' : `, and ${reason}`;
  if (!granted) {
    const what = `${role} has no grant to ${command} ${placeOf(relation)}${because}`;
    const all = columns === 'any' || columns.length === 0 || columns.length === relation.columns.length;
    const chosen = all ? [] : columns;
    return { stage: 'grants', outcome: 'decided', words: what, fix: grant(command, chosen, relation, role) };
  }
  if (lacking.length === 0) return undefined;
  const words = `${role} may ${command} only ${(granted.columns ?? []).join(', ')} of ${placeOf(relation)}, not ${lacking.join(', ')}${because}`;
  return { stage: 'grants', outcome: 'decided', words, fix: grant(command, lacking, relation, role) };
}

function grant(command: RowCommand, columns: readonly string[], relation: SurveyedRelation, role: string): Fix {
  const list = columns.length === 0 || command === 'delete' ? '' : ` (${columns.map(quoteIdentifier).join(', ')})`;
  return run(`GRANT ${command.toUpperCase()}${list} ON ${sqlName(relation)} TO ${quoteIdentifier(role)}`);
}

function placeOf({ schema, name }: SurveyedRelation): string {
  return `${schema}.${name}`;
}

/** The step of a missing grant on an object that the request does not name itself. */
export function otherGrant(audited: Anywhere, role: string, kind: string, name: string, from: string): Step {
  const { survey } = audited;
  const found =
    kind === 'function'
      ? survey.functions.find((fn) => fn.name === name)
      : survey.relations.find((relation) => relation.name === name);
  const place = found ? `${found.schema}.${name}` : name;
  const to = quoteIdentifier(role);
  const what = { function: 'EXECUTE', sequence: 'USAGE' }[kind] ?? 'SELECT';
  const sql =
    found === undefined
      ? undefined
      : kind === 'function' && 'signature' in found
        ? `GRANT EXECUTE ON FUNCTION ${found.signature} TO ${to}`
        : kind === 'sequence'
          ? `GRANT USAGE ON SEQUENCE ${sqlName(found)} TO ${to}`
          : `GRANT SELECT ON ${sqlName(found)} TO ${to}`;
  return {
    stage: 'grants',
    outcome: 'decided',
    words: `${role} has no ${what} on ${kind} ${place}, which ${from}`,
    fix: sql === undefined ? fix(`grant ${role} ${what} on ${kind} ${name}`) : run(sql),
  };
}
