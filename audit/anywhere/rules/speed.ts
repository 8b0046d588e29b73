import {
  expressionOf,
  expressionsOf,
  namesOf,
  type Expression,
} from '../../../postgres/expressions/parse-expression.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import { columnObject } from '../../finding-object.ts';
import { fix, run } from '../../fix.ts';
import { sqlName } from '../../relations.ts';
import type { Found } from '../../rule.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import type { Anywhere } from '../anywhere.ts';
import { columnName, comparisonOf, nodesBelow, withoutCasts } from '../conditions/comparisons.ts';
import type { Condition } from '../conditions/conditions.ts';
import { byPolicy, type Decision } from '../exposed.ts';
import type { SurveyedPolicy, SurveyedRelation } from '../survey.ts';
import { listed } from '../words.ts';
import { policyObject } from './policies.ts';
import { readsClaims } from './claims.ts';

/** Conditions that decide on rows that exist, each once. */
function readConditions(
  audited: Anywhere,
): { policy: SurveyedPolicy; condition: Condition; met: readonly Decision[] }[] {
  return [...byPolicy(audited, ({ command }) => command !== 'insert')].flatMap(([policy, met]) => {
    const condition = audited.conditions.using(policy);
    return condition ? [{ policy, condition, met }] : [];
  });
}

export const claimPerRow: AnywhereRule = {
  id: 'claim_per_row',
  topic: 'speed',
  levels: ['warning'],
  subject: 'tables',
  why: 'Postgres reads the claim again for every row. In a sub-select of its own, it reads it once for each query.',
  fix: 'Write `(SELECT claim())` in place of `claim()`.',
  find: (audited) =>
    readConditions(audited).flatMap(({ policy, condition }): Found[] => {
      const calls = [...new Set(condition.expression ? perRow(audited, condition.expression) : [])];
      if (calls.length === 0) return [];
      return [
        {
          object: policyObject(policy),
          problem: `calls ${listed(calls)} for every row`,
          fix: fix(`write (SELECT ${calls[0]!}) in place of ${calls[0]!}`),
        },
      ];
    }),
};

const namesColumn = (expression: Expression) => nodesBelow(expression).some(([kind]) => kind === 'ColumnRef');

/** Calls that read a claim and name no column, outside of a sub-select that reads no table. */
function perRow(audited: Anywhere, expression: Expression): string[] {
  const { kind, node } = expression;
  if (kind === 'SubLink') {
    const select = expressionOf(node['subselect']);
    // Postgres computes one without columns of the table first, and once.
    if (select && select.node['fromClause'] === undefined && !namesColumn(select)) return [];
  }
  // A function to read from runs once, unless it takes columns, and Postgres keeps its rows.
  if (kind === 'RangeFunction' && !namesColumn(expression)) return [];
  if (kind === 'FuncCall' && !namesColumn(expression) && readsClaims(audited, expression)) {
    return [`${namesOf(node['funcname']).join('.')}()`];
  }
  return childrenOf(node).flatMap((child) => perRow(audited, child));
}

/** Nodes right below a node. */
function childrenOf(node: Expression['node']): Expression[] {
  return Object.entries(node).flatMap(([key, value]): Expression[] => {
    if (typeof value !== 'object' || value === null) return [];
    if (Array.isArray(value)) return value.flatMap((item) => expressionOf(item) ?? []);
    const entries = Object.entries(value);
    const [only] = entries;
    const isNode = entries.length === 1 && /^[A-Z]/.test(only![0]) && typeof only![1] === 'object';
    return isNode ? [expressionOf(value)!] : [{ kind: key, node: value as Expression['node'] }];
  });
}

export const columnCast: AnywhereRule = {
  id: 'column_cast',
  topic: 'speed',
  levels: ['warning'],
  subject: 'tables',
  why: 'A cast or a function around the column keeps Postgres from using the index of the column.',
  fix: 'Convert the claim to the type of the column instead, or index the expression.',
  find: (audited) =>
    readConditions(audited).flatMap(({ policy, condition, met }): Found[] => {
      const table = policy.relation;
      if (met.length === 0 || !policy.permissive) return [];
      const parts = topParts(condition.expression);
      const array = parts.map((part) => arrayColumn(part, table)).find((name) => name !== undefined);
      if (array !== undefined) {
        return [
          {
            object: policyObject(policy),
            problem: `looks for a value in "${array}" with ANY, which no index serves`,
            fix: fix(`write "${array}" @> ARRAY[…], which a GIN index serves`),
          },
        ];
      }
      const found = parts
        .map((part) => equalityOf(part, table))
        .find((one) => one !== undefined && !one.isBare && !one.isConstant && !hasExpressionIndex(table, one.column));
      if (!found) return [];
      return [
        {
          object: policyObject(policy),
          problem: `converts "${found.column}" for each comparison, which its index cannot serve`,
          fix: fix('convert the claim to the type of the column instead'),
        },
      ];
    }),
};

const hasExpressionIndex = ({ indexes }: SurveyedRelation, column: string) =>
  indexes.some(
    ({ keys: [first] }) => first !== undefined && first !== column && first.includes(column) && /[(:]/.test(first),
  );

/** The column of `value = ANY (column)`. */
function arrayColumn({ kind, node }: Expression, table: SurveyedRelation): string | undefined {
  if (kind !== 'A_Expr' || node['kind'] !== 'AEXPR_OP_ANY') return undefined;
  const name = columnName(expressionOf(node['rexpr']));
  return table.columns.some((column) => column.name === name) ? name : undefined;
}

interface Equality {
  readonly column: string;
  /** The column stands as it is. */
  readonly isBare: boolean;
  /** It is compared with a constant. */
  readonly isConstant: boolean;
}

/** Parts joined by AND and OR. */
function topParts(expression: Expression | undefined): Expression[] {
  if (!expression) return [];
  if (expression.kind !== 'BoolExpr' || expression.node['boolop'] === 'NOT_EXPR') return [expression];
  return expressionsOf(expression.node['args']).flatMap(topParts);
}

/** A comparison of a column with something else than columns of the table. */
function equalityOf({ kind, node }: Expression, table: SurveyedRelation): Equality | undefined {
  if (kind === 'SubLink' && node['subLinkType'] === 'ANY_SUBLINK') {
    const side = sideOf(expressionOf(node['testexpr']), table);
    return side && { ...side, isConstant: false };
  }
  if (kind !== 'A_Expr') return undefined;
  const { kind: how, operator, left, right } = comparisonOf(node);
  if (operator !== '=' || !['AEXPR_OP', 'AEXPR_OP_ANY', 'AEXPR_IN'].includes(how)) return undefined;
  const leftSide = sideOf(left, table);
  const rightSide = how === 'AEXPR_OP' ? sideOf(right, table) : undefined;
  const side = leftSide ?? rightSide;
  if (!side || (leftSide && rightSide)) return undefined;
  return { ...side, isConstant: withoutCasts(leftSide ? right : left)?.kind === 'A_Const' };
}

/** The column that one side of a comparison is, or is made of. */
function sideOf(side: Expression | undefined, table: SurveyedRelation): Omit<Equality, 'isConstant'> | undefined {
  const columns = nodesBelow(side).filter(([kind]) => kind === 'ColumnRef' || kind === 'SubLink');
  if (columns.length !== 1 || columns[0]![0] === 'SubLink') return undefined;
  const names = namesOf(columns[0]![1]['fields']);
  const column = table.columns.find(({ name }) => name === names.at(-1));
  if (!column || (names.length > 1 && names.at(-2) !== table.name)) return undefined;
  const bare = columnName(side) === column.name;
  // Postgres shows the comparison of a varchar or a name so, and its index serves it.
  const isRelabelled =
    bare &&
    withoutCasts(side) !== side &&
    /^(?:character varying|name|character|"char"|.*\.citext|citext)/.test(column.type);
  return { column: column.name, isBare: bare && (withoutCasts(side) === side || isRelabelled) };
}

export const policyColumnNotIndexed: AnywhereRule = {
  id: 'policy_column_not_indexed',
  topic: 'speed',
  levels: ['warning'],
  subject: 'tables',
  why: 'Each query compares the column. Without an index that begins with it, each query reads the whole table.',
  fix: 'Create an index that begins with the column.',
  find: (audited) => {
    const found = new Map<string, Found>();
    for (const { policy, condition } of readConditions(audited)) {
      const table = policy.relation;
      if (!policy.permissive) continue;
      for (const column of unindexed(condition.expression, table, isConjunctOf(condition))) {
        found.set(`${table.id} ${column}`, {
          object: columnObject(table, column),
          problem: `is compared by policy ${policy.name} and has no index`,
          fix: run(`CREATE INDEX ON ${sqlName(table)} (${quoteIdentifier(column)})`),
        });
      }
    }
    return [...found.values()];
  },
};

/** Postgres writes the condition of a partial index as it writes the same part of a policy. */
const isConjunctOf =
  ({ expression, text }: Condition) =>
  (predicate: string) =>
    expression?.kind === 'BoolExpr' &&
    expression.node['boolop'] === 'AND_EXPR' &&
    ['(', 'AND '].some((before) => [')', ' AND'].some((after) => text.includes(`${before}${predicate}${after}`)));

/** Columns of which an index would serve a condition, where none does. */
function unindexed(
  expression: Expression | undefined,
  table: SurveyedRelation,
  isImplied: (predicate: string) => boolean,
): string[] {
  if (!expression) return [];
  if (expression.kind === 'BoolExpr' && expression.node['boolop'] !== 'NOT_EXPR') {
    const parts = expressionsOf(expression.node['args']);
    // An index serves one part of AND, and has to serve each part of OR.
    if (expression.node['boolop'] === 'AND_EXPR') {
      return parts.some((part) => isServed(part, table, isImplied))
        ? []
        : parts.flatMap((part) => unindexed(part, table, isImplied));
    }
    return parts.every((part) => isServed(part, table, isImplied) || unindexed(part, table, isImplied).length > 0)
      ? parts.flatMap((part) => unindexed(part, table, isImplied))
      : [];
  }
  const equality = equalityOf(expression, table);
  return equality?.isBare && !equality.isConstant && !isServed(expression, table, isImplied) ? [equality.column] : [];
}

function isServed(expression: Expression, table: SurveyedRelation, isImplied: (predicate: string) => boolean): boolean {
  if (expression.kind === 'BoolExpr' && expression.node['boolop'] !== 'NOT_EXPR') {
    const parts = expressionsOf(expression.node['args']);
    return expression.node['boolop'] === 'AND_EXPR'
      ? parts.some((part) => isServed(part, table, isImplied))
      : parts.every((part) => isServed(part, table, isImplied));
  }
  const equality = equalityOf(expression, table);
  return (
    equality !== undefined &&
    table.indexes.some(
      ({ keys, predicate }) => keys[0] === equality.column && (predicate === null || isImplied(predicate)),
    )
  );
}

export const volatileInPolicy: AnywhereRule = {
  id: 'volatile_in_policy',
  topic: 'speed',
  levels: ['warning'],
  subject: 'tables',
  why: 'Postgres calls a VOLATILE function again for every row, and can use no index for what it returns. It is the default of a function.',
  fix: 'Make the function STABLE, where it only reads.',
  find: (audited) =>
    readConditions(audited).flatMap(({ policy, condition }): Found[] => {
      const wrapped = new Set(bareCalls(condition.expression));
      const fn = condition.functions.find(
        ({ volatility, name, arguments: types, extension }) =>
          volatility === 'v' && extension === null && !(types.length === 0 && wrapped.has(name)),
      );
      const builtIn = condition.called.find(
        (name) => !wrapped.has(name) && /^(?:random|clock_timestamp|nextval|gen_random_uuid|timeofday)$/.test(name),
      );
      if (!fn && builtIn === undefined) return [];
      const writes = fn && /\b(?:insert|update|delete|perform|execute)\b/i.test(audited.texts.bodyOf(fn));
      return [
        {
          object: policyObject(policy),
          problem: `calls ${fn?.signature ?? `${builtIn}()`}, which is VOLATILE, for every row`,
          fix:
            fn && !writes
              ? run(`ALTER FUNCTION ${fn.signature} STABLE`)
              : fix('compute the value outside of the policy'),
        },
      ];
    }),
};

/** Names of functions that a condition calls in sub-selects that read no table. */
function bareCalls(expression: Expression | undefined): string[] {
  return nodesBelow(expression).flatMap(([kind, node]) => {
    if (kind !== 'SubLink' || node['subLinkType'] !== 'EXPR_SUBLINK') return [];
    const select = expressionOf(node['subselect']);
    if (select?.node['fromClause'] !== undefined) return [];
    return nodesBelow(select)
      .filter(([inner]) => inner === 'FuncCall')
      .map(([, call]) => namesOf(call['funcname']).at(-1)!);
  });
}
