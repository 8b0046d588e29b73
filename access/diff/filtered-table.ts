import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import { isTable } from '../../audit/anywhere/exposed.ts';
import { namedRelation } from '../../audit/anywhere/named-relations.ts';
import type { SurveyedFunction, SurveyedRelation } from '../../audit/anywhere/survey.ts';
import { expressionOf, expressionsOf } from '../../postgres/expressions/parse-expression.ts';
import type { Node } from '../../postgres/expressions/walk.ts';
import { queryOf } from '../prove/model/parsed-catalog.ts';

/** Clauses by which a row of the result is no longer one row of the table. */
const OTHER_CLAUSES = ['groupClause', 'havingClause', 'distinctClause', 'limitCount', 'limitOffset', 'withClause'];
const COUNT = /^count$/;

/**
 * The table whose rows two versions of a function read, if they differ in their conditions alone: then the rows that these let
 * through are all that differs.
 *
 * @returns undefined where more differs, or may differ
 */
export async function filteredTable(
  was: SurveyedFunction,
  is: SurveyedFunction,
  { old, now }: { readonly old: Anywhere; readonly now: Anywhere },
): Promise<SurveyedRelation | undefined> {
  const traits = ({ security_definer, language, returns, returns_set, settings, strict }: SurveyedFunction) =>
    JSON.stringify([security_definer, language, returns, returns_set, settings, strict]);
  if (!was.security_definer || traits(was) !== traits(is)) return undefined;
  const [before, after] = [await queryOf(was, old), await queryOf(is, now)];
  if (!before || !after || withoutConditions(before) !== withoutConditions(after)) return undefined;
  const [from, ...others] = expressionsOf(before['fromClause']);
  if (from?.kind !== 'RangeVar' || others.length > 0) return undefined;
  if (OTHER_CLAUSES.some((clause) => before[clause] !== undefined) || before['op'] !== 'SETOP_NONE') return undefined;
  if (!expressionsOf(before['targetList']).every(({ node }) => isPlain(expressionOf(node['val'])))) return undefined;
  const { schemaname: schema, relname: name } = from.node as { schemaname?: string; relname: string };
  const table = schema === undefined ? undefined : namedRelation(old, { schema, name });
  return table && isTable(table) ? table : undefined;
}

/** A column, a constant, or a count of rows: nothing else decides on its value. */
function isPlain(expression: ReturnType<typeof expressionOf>): boolean {
  if (expression?.kind === 'ColumnRef' || expression?.kind === 'A_Const') return true;
  if (expression?.kind !== 'FuncCall') return false;
  const { funcname, agg_filter: filter, over, args } = expression.node;
  const names = expressionsOf(funcname).map(({ node }) => String(node['sval']));
  return (
    COUNT.test(names.join('.')) &&
    filter === undefined &&
    over === undefined &&
    expressionsOf(args).every((argument) => isPlain(argument))
  );
}

/** A query as text, without its condition and without places. */
function withoutConditions(query: Node): string {
  return JSON.stringify({ ...query, whereClause: undefined }, (key, value: unknown) =>
    ['location', 'stmt_location', 'stmt_len'].includes(key) ? undefined : value,
  );
}
