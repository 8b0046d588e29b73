import { parseSync } from 'libpg-query';
import { NotModelled, Refused } from './errors.ts';
import { compare, Json, jsonText, readText, UNKNOWN, type SqlValue } from './values.ts';

/** A node of Postgres' parse tree: its kind, and what it holds. */
export type Node = Readonly<Record<string, unknown>>;

/** Rows of tables by their alias, and arguments of a function. */
export interface Scope {
  readonly rows: Readonly<Record<string, Readonly<Record<string, SqlValue>>>>;
  readonly args?: Readonly<Record<string, SqlValue>> | undefined;
  readonly outer?: Scope | undefined;
}

/** What an expression needs of its surroundings. */
export interface Surroundings {
  /** Claims of the request; the text of the setting. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Value, or values of a set, of a function that is not built in. */
  call(name: readonly string[], args: readonly SqlValue[]): SqlValue | readonly SqlValue[];
  /** Rows of a query, each by the names of its columns. */
  query(select: Node, scope: Scope): readonly Readonly<Record<string, SqlValue>>[];
}

const parsed = new Map<string, Node>();

/** The parse tree of a SELECT. */
export function parseSelect(sql: string): Node {
  const known = parsed.get(sql);
  if (known) return known;
  const { stmts = [] } = parseSync(sql) as { stmts?: { stmt: { SelectStmt?: Node } }[] };
  const select = stmts[0]?.stmt.SelectStmt;
  if (!select || stmts.length !== 1) throw new NotModelled(sql);
  parsed.set(sql, select);
  return select;
}

/** The parse tree of an expression. */
export function parseCondition(sql: string): unknown {
  return targets(parseSelect(`SELECT (${sql}\n)`))[0]!.val;
}

export const targets = (select: Node) =>
  ((select['targetList'] ?? []) as { ResTarget: { name?: string; val: unknown } }[]).map(({ ResTarget }) => ResTarget);

export const names = (list: unknown) =>
  ((list ?? []) as { String?: { sval?: string } }[]).map(({ String: name }) => name?.sval ?? '*');

export function open(value: unknown): [string, Node] {
  return Object.entries(value as Record<string, Node>)[0]!;
}

/** The value of an expression, in three-valued logic. */
export function evaluate(expression: unknown, scope: Scope, around: Surroundings): SqlValue {
  const [kind, node] = open(expression);
  const value = (part: unknown) => evaluate(part, scope, around);
  const list = (part: unknown) => ((part ?? []) as unknown[]).map(value);
  switch (kind) {
    case 'A_Const':
      return constant(node);
    case 'ColumnRef':
      return columnOf(names(node['fields']), scope);
    case 'TypeCast':
      return cast(value(node['arg']), typeOf(node));
    case 'BoolExpr':
      return logic(node['boolop'] as string, node['args'] as unknown[], value);
    case 'NullTest':
      return (value(node['arg']) === null) === (node['nulltesttype'] === 'IS_NULL');
    case 'BooleanTest':
      return booleanTest(node['booltesttype'] as string, value(node['arg']));
    case 'CoalesceExpr':
      for (const part of node['args'] as unknown[]) {
        const found = value(part);
        if (found !== null) return found;
      }
      return null;
    case 'A_ArrayExpr':
      return list(node['elements']);
    case 'A_Expr':
      return operation(node, value);
    case 'FuncCall':
      return callOf(node, list(node['args']), around);
    case 'SubLink':
      return subLink(node, scope, around);
    case 'CaseExpr': {
      for (const when of (node['args'] ?? []) as { CaseWhen: { expr: unknown; result: unknown } }[]) {
        if (node['arg'] !== undefined) throw new NotModelled('CASE with an operand');
        if (value(when.CaseWhen.expr) === true) return value(when.CaseWhen.result);
      }
      return node['defresult'] === undefined ? null : value(node['defresult']);
    }
    default:
      throw new NotModelled(kind);
  }
}

/** The text of a value that is neither JSON nor an array. */
function plain(value: SqlValue | undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new NotModelled('the text of JSON, an array or a value that Postgres makes');
}

function constant(node: Node): SqlValue {
  const { isnull, ival, sval, boolval, fval } = node as {
    isnull?: boolean;
    ival?: { ival?: number };
    sval?: { sval?: string };
    boolval?: { boolval?: boolean };
    fval?: { fval: string };
  };
  if (isnull) return null;
  if (ival) return ival.ival ?? 0;
  if (sval) return sval.sval ?? '';
  if (boolval) return boolval.boolval ?? false;
  return Number(fval!.fval);
}

function columnOf(path: readonly string[], scope: Scope | undefined): SqlValue {
  if (!scope) throw new NotModelled(`column ${path.join('.')}`);
  const column = path.at(-1)!;
  const alias = path.at(-2);
  for (const [name, row] of Object.entries(scope.rows)) {
    if ((alias === undefined || alias === name) && Object.hasOwn(row, column)) return row[column]!;
  }
  if (scope.args && Object.hasOwn(scope.args, column)) return scope.args[column]!;
  return columnOf(path, scope.outer);
}

export function typeOf(node: Node): string {
  const { names: list, arrayBounds } = node['typeName'] as Node;
  const name = names(list)
    .filter((part) => part !== 'pg_catalog')
    .join('.');
  return arrayBounds ? `${name}[]` : name;
}

function cast(value: SqlValue, type: string): SqlValue {
  if (value === null || value === UNKNOWN || type.endsWith('[]')) return value;
  if (typeof value === 'string') {
    if (/^(timestamptz|timestamp|date|regclass)$/.test(type)) return value;
    const read = readText(type, value);
    if (read === undefined)
      throw new Refused(/^int\d?$/.test(type) && /^\s*[+-]?\d+\s*$/.test(value) ? '22003' : '22P02');
    return read;
  }
  if (type === 'text' || type === 'varchar') return value instanceof Json ? jsonText(value.value) : plain(value);
  if (value instanceof Json) {
    if (type === 'jsonb' || type === 'json') return value;
    throw new NotModelled('a cast of JSON');
  }
  return value;
}

function logic(operator: string, parts: readonly unknown[], value: (part: unknown) => SqlValue): SqlValue {
  if (operator === 'NOT_EXPR') {
    const inner = value(parts[0]);
    return inner === null ? null : inner !== true;
  }
  const decisive = operator === 'OR_EXPR';
  let unknown = false;
  for (const part of parts) {
    const inner = value(part);
    if (inner === decisive) return decisive;
    unknown ||= inner === null;
  }
  return unknown ? null : !decisive;
}

function booleanTest(test: string, value: SqlValue): boolean {
  const wanted = test.endsWith('TRUE') ? true : test.endsWith('FALSE') ? false : null;
  return (value === wanted) !== test.startsWith('IS_NOT');
}

function operation(node: Node, value: (part: unknown) => SqlValue): SqlValue {
  const operator = names(node['name']).at(-1)!;
  const left = value(node['lexpr']);
  switch (node['kind']) {
    case 'AEXPR_OP':
      return binary(operator, left, value(node['rexpr']));
    case 'AEXPR_NOT_DISTINCT':
    case 'AEXPR_DISTINCT': {
      const right = value(node['rexpr']);
      const same = left === null || right === null ? left === right : compare(left, right) === 0;
      return same === (node['kind'] === 'AEXPR_NOT_DISTINCT');
    }
    case 'AEXPR_IN': {
      const items = (node['rexpr'] as { List: { items: unknown[] } }).List.items.map(value);
      const found = anyOf('=', left, items);
      return operator === '<>' ? (found === null ? null : !found) : found;
    }
    case 'AEXPR_OP_ANY': {
      const right = value(node['rexpr']);
      return right === null ? null : anyOf(operator, left, right as readonly SqlValue[]);
    }
    case 'AEXPR_NULLIF': {
      const right = value(node['rexpr']);
      return compare(left, right) === 0 ? null : left;
    }
    default:
      throw new NotModelled(String(node['kind']));
  }
}

function anyOf(operator: string, left: SqlValue, items: readonly SqlValue[]): boolean | null {
  const found = items.map((item) => binary(operator, left, item));
  if (found.includes(true)) return true;
  return found.includes(null) ? null : false;
}

function binary(operator: string, left: SqlValue, right: SqlValue): SqlValue {
  if (operator === '->>' || operator === '->' || operator === '#>>') {
    if (left === null || right === null) return null;
    if (!(left instanceof Json)) throw new NotModelled(operator);
    const path =
      operator === '#>>'
        ? plain(right)
            .replace(/^\{|\}$/g, '')
            .split(',')
        : [plain(right)];
    const inner = path.reduce<unknown>((found, name) => memberOf(found, name), left.value);
    if (operator !== '->') return jsonText(inner);
    return inner === undefined ? null : new Json(inner);
  }
  if (operator === '+' || operator === '-' || operator === '%') {
    if (left === null || right === null) return null;
    const [a, b] = [Number(left), Number(right)];
    return operator === '+' ? a + b : operator === '-' ? a - b : a % b;
  }
  const order = compare(left, right);
  if (order === null) return null;
  switch (operator) {
    case '=':
      return order === 0;
    case '<>':
      return order !== 0;
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
    default:
      throw new NotModelled(operator);
  }
}

/** A member of an object by its name. */
export function memberOf(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return /^-?\d+$/.test(name) ? value.at(Number(name)) : undefined;
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? value[name as never] : undefined;
}

/** Value of a call, or values of one that returns a set. */
export function callOf(node: Node, args: readonly SqlValue[], around: Surroundings): SqlValue | readonly SqlValue[] {
  const path = names(node['funcname']);
  if (path.at(-1) === 'try_cast') {
    const [, kind] = open((node['args'] as unknown[])[1]);
    const [text] = args;
    return typeof text === 'string' ? (readText(typeOf(kind), text) ?? null) : null;
  }
  switch (path.filter((part) => part !== 'pg_catalog').join('.')) {
    case 'now':
      return new Date().toISOString();
    case 'current_setting':
      return args[0] === 'request.jwt.claims' ? JSON.stringify(around.claims) : null;
    case 'lower':
      return args[0] === null ? null : plain(args[0]).toLowerCase();
    case 'nextval':
    case 'gen_random_uuid':
      return UNKNOWN;
    default:
      return around.call(path, args);
  }
}

function subLink(node: Node, scope: Scope, around: Surroundings): SqlValue {
  const select = (node['subselect'] as { SelectStmt: Node }).SelectStmt;
  const rows = around.query(select, scope);
  const first = (row: Readonly<Record<string, SqlValue>> | undefined) => (row ? (Object.values(row)[0] ?? null) : null);
  switch (node['subLinkType']) {
    case 'EXISTS_SUBLINK':
      return rows.length > 0;
    case 'EXPR_SUBLINK':
      return first(rows[0]);
    case 'ARRAY_SUBLINK':
      return rows.map(first);
    case 'ANY_SUBLINK':
      return anyOf('=', evaluate(node['testexpr'], scope, around), rows.map(first));
    default:
      throw new NotModelled(String(node['subLinkType']));
  }
}
