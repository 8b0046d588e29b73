import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import type { Condition } from '../../../audit/anywhere/conditions/conditions.ts';
import {
  comparisonOf,
  constantText,
  nodesBelow,
  unwrapped,
  withoutCasts,
} from '../../../audit/anywhere/conditions/comparisons.ts';
import type { SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import {
  expressionOf,
  expressionsOf,
  namesOf,
  textOf,
  type Expression,
} from '../../../postgres/expressions/parse-expression.ts';
import { claimName } from './claim-name.ts';
import { conditionParts, withoutBrackets } from './condition-parts.ts';
import { columnIs } from './declared-phrase.ts';
import { anyOf, equalsClaim, nounOf, oneOf } from './nouns.ts';
import { both, either, type Phrase } from './phrase.ts';

/** Longer SQL than this is cut in a sentence: the drill-down has all of it. */
const LONGEST_SQL = 90;

const COMPARED: Readonly<Record<string, string>> = {
  '=': 'is',
  '<>': 'is not',
  '<': 'is below',
  '<=': 'is at most',
  '>': 'is above',
  '>=': 'is at least',
};

interface Place {
  readonly audited: Anywhere;
  readonly table: SurveyedRelation;
}

/** The rows of a table for which a condition is true, in words. A part that is not understood is quoted as SQL. */
export function conditionPhrase(condition: Condition, place: Place): Phrase {
  const { expression, text } = condition;
  return expression === undefined ? sqlPhrase(text) : phraseOf(expression, text, place);
}

function phraseOf(expression: Expression, text: string, place: Place): Phrase {
  if (expression.kind === 'BoolExpr') return joinedPhrase(expression, text, place);
  const inner = unwrapped(expression) ?? expression;
  return known(inner, place) ?? sqlPhrase(text);
}

function joinedPhrase({ node }: Expression, text: string, place: Place): Phrase {
  const parts = expressionsOf(node['args']);
  if (node['boolop'] === 'NOT_EXPR') {
    const column = ownColumn(parts[0], place);
    return column === undefined ? sqlPhrase(text) : [{ where: [columnIs(column, false)] }];
  }
  const [operator, join] = node['boolop'] === 'AND_EXPR' ? (['AND', both] as const) : (['OR', either] as const);
  const texts = conditionParts(text, operator);
  // Where the text falls into other parts than the parser's, none of them can be quoted.
  if (texts.length !== parts.length) return sqlPhrase(text);
  return parts.map((part, index) => phraseOf(part, texts[index]!, place)).reduce(join);
}

function known(inner: Expression, place: Place): Phrase | undefined {
  const { kind, node } = inner;
  switch (kind) {
    case 'A_Const': {
      const { boolval } = node as { boolval?: { boolval?: boolean } };
      return boolval && (boolval.boolval ? 'all' : 'none');
    }
    case 'ColumnRef': {
      const column = ownColumn(inner, place);
      return column === undefined ? undefined : [{ where: [columnIs(column, true)] }];
    }
    case 'NullTest':
      return nullPhrase(node, place);
    case 'BooleanTest': {
      const column = ownColumn(expressionOf(node['arg']), place);
      const value = { IS_TRUE: true, IS_FALSE: false }[String(node['booltesttype'])];
      return column === undefined || value === undefined ? undefined : [{ where: [columnIs(column, value)] }];
    }
    case 'A_Expr':
      return comparisonPhrase(inner, place);
    case 'SubLink':
      return lookupPhrase(inner, place);
    default:
      return undefined;
  }
}

function nullPhrase(node: Expression['node'], place: Place): Phrase | undefined {
  const arg = expressionOf(node['arg']);
  const isNull = node['nulltesttype'] === 'IS_NULL';
  const column = ownColumn(arg, place);
  if (column !== undefined) return [{ where: [isNull ? columnIs(column, null) : `${column} is not empty`] }];
  const claim = claimName(arg, place.audited);
  return claim === undefined ? undefined : [{ given: [`their token has ${isNull ? 'no' : 'a'} claim ${claim}`] }];
}

function comparisonPhrase(expression: Expression, place: Place): Phrase | undefined {
  const { kind, operator, left, right } = comparisonOf(expression.node);
  const word = COMPARED[operator];
  if (kind === 'AEXPR_OP_ANY' && operator === '=') return anyOfPhrase(left, right, place);
  if (kind !== 'AEXPR_OP' || word === undefined) return undefined;
  const [one, other, flipped] = ownColumn(left, place) === undefined ? [right, left, true] : [left, right, false];
  const column = ownColumn(one, place);
  if (column === undefined) return tokenPhrase(left, right, operator, place);
  const claim = claimName(other, place.audited);
  if (claim !== undefined) return operator === '=' ? [equalsClaim(column, claim)] : undefined;
  if (isNow(other)) return timePhrase(column, flipped ? mirrored(operator) : operator);
  const { boolval } = (withoutCasts(other)?.node ?? {}) as { boolval?: { boolval?: boolean } };
  if (boolval && operator === '=') return [{ where: [columnIs(column, boolval.boolval ?? false)] }];
  const constant = constantText(other);
  if (constant === undefined) return undefined;
  return [{ where: [`${column} ${COMPARED[flipped ? mirrored(operator) : operator]} ${constant || 'an empty text'}`] }];
}

/** A claim that is compared with a constant. */
function tokenPhrase(
  left: Expression | undefined,
  right: Expression | undefined,
  operator: string,
  { audited }: Place,
): Phrase | undefined {
  const [one, other] = constantText(left) === undefined ? [left, right] : [right, left];
  const constant = constantText(other);
  const claim = claimName(one, audited);
  if (constant === undefined || claim === undefined || !['=', '<>'].includes(operator)) return undefined;
  return [{ given: [`their claim ${claim} ${COMPARED[operator]} ${constant}`] }];
}

/** `column = ANY (ARRAY[...])`, of constants, of a claim, or of what a query finds. */
function anyOfPhrase(left: Expression | undefined, right: Expression | undefined, place: Place): Phrase | undefined {
  const column = ownColumn(left, place);
  const list = withoutCasts(right);
  if (column === undefined || !list) return undefined;
  const values = list.kind === 'A_ArrayExpr' ? expressionsOf(list.node['elements']).map(constantText) : [];
  if (values.length > 0 && values.every((value) => value !== undefined)) {
    return [{ where: [`${column} is ${oneOf(values)}`] }];
  }
  if (list.kind === 'SubLink') return linkedPhrase(column, list, place);
  const claim = claimName(list, place.audited);
  return claim === undefined ? undefined : [{ where: [`${column} is in their claim ${claim}`] }];
}

/** `EXISTS (...)`, and `column IN (...)`, which Postgres shows as a sub-select. */
function lookupPhrase(sublink: Expression, place: Place): Phrase | undefined {
  const column = ownColumn(expressionOf(sublink.node['testexpr']), place);
  if (sublink.node['subLinkType'] === 'ANY_SUBLINK')
    return column === undefined ? undefined : linkedPhrase(column, sublink, place);
  if (sublink.node['subLinkType'] !== 'EXISTS_SUBLINK') return undefined;
  return tablesPhrase(undefined, sublink, place);
}

function linkedPhrase(column: string, sublink: Expression, place: Place): Phrase | undefined {
  const calls = nodesBelow(sublink).flatMap(([kind, node]) => (kind === 'FuncCall' ? [node] : []));
  const isList = calls.some((node) => namesOf(node['funcname']).at(-1) === 'claim_list');
  if (isList) {
    const texts = calls.flatMap((node) => expressionsOf(node['args'])).flatMap(nodesBelow);
    const path = texts.flatMap(([kind, node]) => (kind === 'A_Const' ? (textOf({ kind, node }) ?? []) : []));
    return [{ where: [`${column} is in their claim ${path.join('.')}`] }];
  }
  return tablesPhrase(column, sublink, place);
}

/** Rows that other tables link to the user, as far as the query, or a function in it, reads them with claims. */
function tablesPhrase(column: string | undefined, sublink: Expression, { audited }: Place): Phrase | undefined {
  const tables = new Set<string>();
  let readsRequest = false;
  for (const [kind, node] of nodesBelow(sublink)) {
    if (kind === 'RangeVar') tables.add(String(node['relname']));
    if (kind !== 'FuncCall') continue;
    const names = namesOf(node['funcname']);
    if (names.at(-1) === 'current_setting') readsRequest = true;
    for (const fn of audited.texts.named(names.length > 1 ? names.at(-2) : undefined, names.at(-1)!)) {
      if (!audited.texts.readsRequest(fn)) continue;
      readsRequest = true;
      for (const { name, kind: of } of fn.reads) if (of !== 'S') tables.add(name);
    }
  }
  if (tables.size === 0 || !readsRequest) return undefined;
  const names = [...tables].join(' and ');
  const noun = column === undefined ? '' : nounOf(column);
  if (noun === '' || noun === column)
    return [{ where: [`${names} link${tables.size > 1 ? '' : 's'} them to the user`] }];
  return [{ of: [`${anyOf(noun)} that ${names} link${tables.size > 1 ? '' : 's'} to them`] }];
}

function timePhrase(column: string, operator: string): Phrase | undefined {
  const word = { '<': 'is past', '<=': 'is past', '>': 'is to come', '>=': 'is to come' }[operator];
  return word === undefined ? undefined : [{ where: [`${column} ${word}`] }];
}

function isNow(expression: Expression | undefined): boolean {
  const inner = unwrapped(expression);
  if (inner?.kind === 'SQLValueFunction') return /CURRENT_(?:DATE|TIMESTAMP)$/.test(String(inner.node['op']));
  return inner?.kind === 'FuncCall' && namesOf(inner.node['funcname']).at(-1) === 'now';
}

/** The operator with both sides exchanged. */
function mirrored(operator: string): string {
  return { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }[operator] ?? operator;
}

/** The column of the policy's own table that an expression is, whatever it is cast to. */
function ownColumn(expression: Expression | undefined, { table }: Place): string | undefined {
  const inner = withoutCasts(expression);
  if (inner?.kind !== 'ColumnRef') return undefined;
  const names = namesOf(inner.node['fields']);
  const name = names.at(-1)!;
  const isOwn = names.length === 1 || names.at(-2) === table.name;
  return isOwn && table.columns.some((column) => column.name === name) ? name : undefined;
}

function sqlPhrase(text: string): Phrase {
  const line = withoutBrackets(text.replace(/\s+/g, ' '));
  return [{ where: [line.length > LONGEST_SQL ? `${line.slice(0, LONGEST_SQL)}…` : line] }];
}
