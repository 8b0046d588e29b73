import { NotModelled } from './errors.ts';
import { evaluate, names, open, targets, type Node, type Scope, type Surroundings } from './expressions.ts';
import { compare, type SqlValue } from './values.ts';

export type Tuple = Readonly<Record<string, SqlValue>>;

/** Where a query finds its rows. */
export interface Sources {
  /** Visible rows of a table or view. */
  rowsOf(schema: string | undefined, name: string): readonly Tuple[];
  /** Values of a function that returns a set. */
  setOf(call: Node, scope: Scope): readonly SqlValue[];
}

/** The rows of a SELECT: joins, WHERE, GROUP BY and count. */
export function runSelect(select: Node, scope: Scope, around: Surroundings, sources: Sources): Tuple[] {
  for (const part of ['limitCount', 'limitOffset', 'havingClause', 'withClause', 'distinctClause']) {
    if (select[part] !== undefined) throw new NotModelled(part);
  }
  if (select['op'] !== 'SETOP_NONE') throw new NotModelled(String(select['op']));
  const from = (select['fromClause'] ?? []) as unknown[];
  const joined = from.reduce<Scope['rows'][]>(
    (left, item) =>
      left.flatMap((rows) => rowsFrom(item, inner(scope, rows), around, sources).map((more) => ({ ...rows, ...more }))),
    [{}],
  );
  const met = joined
    .map((rows) => inner(scope, rows))
    .filter((each) => select['whereClause'] === undefined || evaluate(select['whereClause'], each, around) === true);
  const columns = targets(select);
  const counts = columns.some(({ val }) => isCount(val));
  if (!counts && select['groupClause'] === undefined) {
    return met.flatMap((each) => expand(columns, each, around, sources));
  }
  return groups(select, met, around).map((group) =>
    Object.fromEntries(
      columns.map(({ name, val }, at): [string, SqlValue] => [
        name ?? nameOf(val, at),
        isCount(val) ? count(open(val)[1], group, around) : group[0] ? evaluate(val, group[0], around) : null,
      ]),
    ),
  );
}

const inner = (scope: Scope, rows: Scope['rows']): Scope => ({ rows, outer: scope });

function rowsFrom(item: unknown, scope: Scope, around: Surroundings, sources: Sources): Scope['rows'][] {
  const [kind, node] = open(item);
  const alias = (node['alias'] as { aliasname: string } | undefined)?.aliasname;
  if (kind === 'RangeVar') {
    const { schemaname, relname } = node as { schemaname?: string; relname: string };
    return sources.rowsOf(schemaname, relname).map((row) => ({ [alias ?? relname]: row }));
  }
  if (kind === 'RangeSubselect') {
    const rows = around.query((node['subquery'] as { SelectStmt: Node }).SelectStmt, scope);
    return rows.map((row) => ({ [alias ?? '']: row }));
  }
  if (kind === 'RangeFunction') {
    const [call] = (node['functions'] as { List: { items: unknown[] } }[])[0]!.List.items;
    const [, called] = open(call);
    const name = alias ?? names(called['funcname']).at(-1)!;
    return sources.setOf(called, scope).map((value) => ({ [name]: { [name]: value } }));
  }
  if (kind !== 'JoinExpr') throw new NotModelled(kind);
  const left = rowsFrom(node['larg'], scope, around, sources);
  return left.flatMap((rows) => {
    const right = rowsFrom(node['rarg'], inner(scope, rows), around, sources);
    const both = right
      .map((more) => ({ ...rows, ...more }))
      .filter((all) => node['quals'] === undefined || evaluate(node['quals'], inner(scope, all), around) === true);
    if (both.length > 0 || node['jointype'] !== 'JOIN_LEFT') return both;
    const [, other] = open(node['rarg']);
    const name = (other['alias'] as { aliasname: string } | undefined)?.aliasname ?? (other['relname'] as string);
    return [{ ...rows, [name]: NOTHING }];
  });
}

/** The row of an outer join that met none: each of its columns is NULL. */
const NOTHING: Tuple = new Proxy(
  {},
  { get: () => null, getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: false }) },
);

function expand(columns: ReturnType<typeof targets>, scope: Scope, around: Surroundings, sources: Sources): Tuple[] {
  const [only] = columns;
  // A set in the list of values makes a row of each.
  if (columns.length === 1 && only && open(only.val)[0] === 'FuncCall') {
    const values = sources.setOf(open(only.val)[1], scope);
    return values.map((value) => ({ [only.name ?? nameOf(only.val, 0)]: value }));
  }
  const row: Record<string, SqlValue> = {};
  columns.forEach(({ name, val }, at) => {
    const [kind, node] = open(val);
    const fields = kind === 'ColumnRef' ? names(node['fields']) : [];
    if (fields.at(-1) === '*') {
      for (const [alias, tuple] of Object.entries(scope.rows)) {
        if (fields.length === 1 || fields.at(-2) === alias) Object.assign(row, tuple);
      }
    } else row[name ?? nameOf(val, at)] = evaluate(val, scope, around);
  });
  return [row];
}

function nameOf(expression: unknown, at: number): string {
  const [kind, node] = open(expression);
  if (kind === 'ColumnRef') return names(node['fields']).at(-1)!;
  return kind === 'FuncCall' ? names(node['funcname']).at(-1)! : `?column?${at}`;
}

function isCount(expression: unknown): boolean {
  const [kind, node] = open(expression);
  return kind === 'FuncCall' && names(node['funcname']).at(-1) === 'count';
}

function count(call: Node, group: readonly Scope[], around: Surroundings): number {
  const [of] = (call['args'] ?? []) as unknown[];
  return group.filter(
    (scope) =>
      (of === undefined || evaluate(of, scope, around) !== null) &&
      (call['agg_filter'] === undefined || evaluate(call['agg_filter'], scope, around) === true),
  ).length;
}

function groups(select: Node, met: readonly Scope[], around: Surroundings): Scope[][] {
  const by = (select['groupClause'] ?? []) as unknown[];
  if (by.length === 0) return [[...met]];
  const found: { key: SqlValue[]; scopes: Scope[] }[] = [];
  for (const scope of met) {
    const key = by.map((part) => evaluate(part, scope, around));
    const same = found.find((group) =>
      group.key.every((value, at) => value === key[at] || compare(value, key[at]!) === 0),
    );
    if (same) same.scopes.push(scope);
    else found.push({ key, scopes: [scope] });
  }
  return found.map(({ scopes }) => scopes);
}
