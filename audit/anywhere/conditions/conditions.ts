import { SecuredPostgrestError } from '../../../errors/secured-postgrest-error.ts';
import { parseSql } from '../../../postgres/parse-sql.ts';
import {
  expressionOf,
  namesOf,
  parseExpression,
  targetOf,
  textOf,
  expressionsOf,
  type Expression,
} from '../../../postgres/expressions/parse-expression.ts';
import type { Node } from '../../../postgres/expressions/walk.ts';
import type { Survey, SurveyedFunction, SurveyedPolicy, SurveyedRelation } from '../survey.ts';
import type { QualifiedName } from '../../../postgres/qualified-name.ts';
import { nodesBelow } from './comparisons.ts';
import type { FunctionTexts } from './claim-readers.ts';
import { queryFilters } from './query-filters.ts';

/** A query that may depend on who reads. */
const NAMES_READER = /\b(?:current_setting|current_user|current_role|session_user|pg_has_role)\b/i;

/** A condition of a policy, or of the query of a view, and the objects that it names. */
export interface Condition {
  readonly text: string;
  /** Undefined where this package's parser is older than the server's. */
  readonly expression: Expression | undefined;
  /** Columns of the policy's own table. */
  readonly columns: ReadonlySet<string>;
  /** Functions that it calls; Postgres' own are not among them. */
  readonly functions: readonly SurveyedFunction[];
  /** Names before brackets, Postgres' own functions included. */
  readonly called: readonly string[];
  /** Tables and views in its sub-selects. */
  readonly tables: readonly QualifiedName[];
  /** Names of settings that it reads by itself. */
  readonly settings: readonly string[];
  /** True if claims of the request count, by itself or through a function. */
  readonly readsClaims: boolean;
}

/** Conditions by their text and table, parsed once. */
export interface Conditions {
  /** The condition for rows that exist; undefined where there is none. */
  using(policy: SurveyedPolicy): Condition | undefined;
  /** The condition for rows that are written: without WITH CHECK, Postgres takes USING. */
  check(policy: SurveyedPolicy): Condition | undefined;
  /** Conditions of each SELECT of a view, joined by UNION; empty where this package's parser is older than the server's. */
  filters(view: SurveyedRelation): readonly Condition[];
  /** The one expression that a function without arguments computes. */
  bodyOf(schema: string | undefined, name: string): Expression | undefined;
}

export async function readConditions(survey: Survey, texts: FunctionTexts): Promise<Conditions> {
  const parsed = new Map<string, Expression | undefined>();
  const policies = survey.relations.flatMap((relation) => relation.policies);
  for (const text of new Set(policies.flatMap(({ using, check }) => [using, check]))) {
    if (text !== null) parsed.set(text, await orUndefined(parseExpression(text)));
  }
  const bodies = new Map<SurveyedFunction, Expression>();
  for (const fn of survey.functions) {
    if (fn.language !== 'sql' || fn.arguments.length > 0 || fn.extension !== null) continue;
    const body = await expressionBody(fn);
    if (body) bodies.set(fn, body);
  }
  const filters = new Map<SurveyedRelation, readonly Condition[]>();
  for (const view of survey.relations) {
    const { definition, calls } = view;
    if (definition === null) continue;
    if (!NAMES_READER.test(definition) && !calls.some((fn) => texts.readsRequest(fn))) continue;
    const [query] = (await orUndefined(parseSql({ file: 'view', sql: definition }))) ?? [];
    const found = query ? queryFilters(query.node) : [];
    filters.set(
      view,
      found.map((filter) => describe(definition, filter, view, texts)),
    );
  }
  const known = new Map<string, Condition>();
  const conditionOf = (text: string | null, relation: SurveyedRelation) => {
    if (text === null) return undefined;
    const key = `${relation.id} ${text}`;
    const condition = known.get(key) ?? describe(text, parsed.get(text), relation, texts);
    known.set(key, condition);
    return condition;
  };
  // Every rule asks for those of every policy.
  const ofPolicies = new Map(
    policies.map((policy) => {
      const { using, check, relation, command } = policy;
      const forWrites = check ?? (command === null || command === 'update' ? using : null);
      return [policy, [conditionOf(using, relation), conditionOf(forWrites, relation)] as const];
    }),
  );
  return {
    using: (policy) => ofPolicies.get(policy)?.[0],
    check: (policy) => ofPolicies.get(policy)?.[1],
    filters: (view) => filters.get(view) ?? [],
    bodyOf: (schema, name) =>
      texts
        .named(schema, name)
        .map((fn) => bodies.get(fn))
        .find((body) => body !== undefined),
  };
}

function describe(
  text: string,
  expression: Expression | undefined,
  relation: SurveyedRelation,
  texts: FunctionTexts,
): Condition {
  const columns = new Set<string>();
  const called: string[] = [];
  const settings: string[] = [];
  const tables: QualifiedName[] = [];
  const functions = new Set<SurveyedFunction>();
  const own = new Set(relation.columns.map(({ name }) => name));
  for (const [kind, node] of nodesBelow(expression)) {
    if (kind === 'ColumnRef') {
      const column = ownColumn(node, relation, own);
      if (column !== undefined) columns.add(column);
    }
    if (kind === 'RangeVar') {
      const { schemaname: schema = 'pg_catalog', relname: name } = node as { schemaname?: string; relname: string };
      tables.push({ schema, name });
    }
    if (kind !== 'FuncCall') continue;
    const names = namesOf(node['funcname']);
    const name = names.at(-1)!;
    called.push(name);
    if (name === 'current_setting') settings.push(textOf(expressionsOf(node['args'])[0]) ?? '');
    for (const fn of texts.named(names.length > 1 ? names.at(-2) : undefined, name)) functions.add(fn);
  }
  const readsClaims =
    settings.some((name) => name.startsWith('request.')) || [...functions].some((fn) => texts.readsRequest(fn));
  return { text, expression, columns, called, tables, settings, functions: [...functions], readsClaims };
}

/** The column of the policy's table that a name is. Postgres writes the table before it where another one is in the query. */
function ownColumn(node: Node, { name: table }: SurveyedRelation, own: ReadonlySet<string>): string | undefined {
  const names = namesOf(node['fields']);
  const name = names.at(-1) ?? '';
  return own.has(name) && (names.length === 1 || names.at(-2) === table) ? name : undefined;
}

/** The expression that a function computes, with the conversion to its type. */
async function expressionBody({ body, returns }: SurveyedFunction): Promise<Expression | undefined> {
  const text = /^\s*RETURN\b/i.test(body) ? body.replace(/^\s*RETURN\b/i, 'SELECT') : body;
  const statements = (await orUndefined(parseSql({ file: 'function', sql: text }))) ?? [];
  const [only] = statements;
  if (statements.length !== 1 || only?.kind !== 'SelectStmt' || only.node['fromClause'] !== undefined) return undefined;
  const expression = only.node['whereClause'] === undefined ? targetOf(only.node) : undefined;
  return (
    expression &&
    expressionOf({
      TypeCast: { arg: { [expression.kind]: expression.node }, typeName: { names: [{ String: { sval: returns } }] } },
    })
  );
}

async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.catch((error: unknown) => {
    if (error instanceof SecuredPostgrestError) return undefined;
    throw error;
  });
}
