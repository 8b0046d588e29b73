import { grantedColumns } from '../../../audit/anywhere/kept.ts';
import type { SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import {
  expressionOf,
  expressionsOf,
  namesOf,
  type Expression,
} from '../../../postgres/expressions/parse-expression.ts';
import type { Node } from '../../../postgres/expressions/walk.ts';
import { columnsOf, DEEPEST, sourceOf, type Environment, type Source } from './environment.ts';
import { evaluate, scalarFrom, truthIn, unknown } from './evaluate.ts';
import { bodyEnvironment, findFunction } from './functions.ts';
import { compare } from './operators.ts';
import { all, any, FALSE_TERM, not, TRUE_TERM } from './script.ts';
import { isScalar, type Found, type Kind, type Use, type Value } from './values.ts';

/** One combination of rows of the sources of a query. */
interface Combination {
  readonly guard: string;
  readonly sources: readonly Source[];
  readonly uses: readonly Use[];
}

const START: Combination = { guard: TRUE_TERM, sources: [], uses: [] };

/** Rows of the result of a SELECT. */
export function resultsOf(query: Node, outer: Environment): readonly Found[] {
  const environment = withTables(query, outer);
  if (query['op'] !== undefined && query['op'] !== 'SETOP_NONE') return joined(query, environment);
  if (query['valuesLists'] !== undefined) return valuesOf(query, environment);
  let combinations: readonly Combination[] = [START];
  for (const item of expressionsOf(query['fromClause'])) {
    combinations = combinations.flatMap((left) => extend(left, item, environment));
  }
  const results = combinations.flatMap(({ guard, sources, uses }): Found[] => {
    const inner: Environment = { ...environment, scopes: [sources, ...environment.scopes] };
    const condition: Environment = { ...inner, track: undefined };
    const where =
      query['whereClause'] === undefined ? TRUE_TERM : truthIn(expressionOf(query['whereClause']), condition).t;
    const isIn = environment.world.script.share(
      all(guard, where, isAggregate(query) ? TRUE_TERM : havingOf(query, environment)),
    );
    if (isIn === FALSE_TERM) return [];
    environment.track?.(isIn, uses);
    const read: Use[] = [];
    return targets(query, tracking(inner, isIn, read), sources).map(({ guard: more, columns }) => ({
      guard: environment.world.script.share(all(isIn, more)),
      columns,
      uses: [...uses, ...read],
    }));
  });
  return limited(query, isAggregate(query) ? [aggregated(query, results, environment)] : results, environment);
}

/** Rows that sub-selects of a target read are reached where the row that they belong to is. */
function tracking(environment: Environment, isIn: string, read: Use[]): Environment {
  return {
    ...environment,
    track: (guard, uses) => {
      for (const use of uses) read.push({ row: use.row, guard: all(guard, use.guard) });
      environment.track?.(all(isIn, guard), uses);
    },
  };
}

function withTables(query: Node, environment: Environment): Environment {
  const clause = query['withClause'] as { ctes?: unknown; recursive?: boolean } | undefined;
  if (!clause) return environment;
  const tables = new Map(environment.tables);
  let inner: Environment = { ...environment, tables };
  for (const { node } of expressionsOf(clause.ctes)) {
    const name = String(node['ctename']);
    const [body] = [expressionOf(node['ctequery'])];
    const at: Environment = { ...inner, track: undefined };
    tables.set(name, () => {
      if (clause.recursive || body?.kind !== 'SelectStmt') {
        return [opaqueRow(environment, `common table expression ${name}`)];
      }
      const renamed = clauseNames(node);
      return resultsOf(body.node, at).map((row) => ({
        ...row,
        columns: row.columns.map(([own, value], n): [string, Value] => [renamed[n] ?? own, value]),
      }));
    });
    inner = { ...environment, tables: new Map(tables) };
  }
  return { ...environment, tables };
}

const clauseNames = (node: Node): readonly string[] => namesOf(node['aliascolnames']);

/** A row of which nothing is known, and which may not exist. */
function opaqueRow({ world }: Environment, why: string): Found {
  return { guard: world.freshTruth(why), columns: [], isOpen: true, uses: [] };
}

function joined(query: Node, environment: Environment): readonly Found[] {
  const [left, right] = [query['larg'], query['rarg']].map((side) => sideOf(side, environment)) as [
    readonly Found[],
    readonly Found[],
  ];
  const names = left[0]?.columns.map(([name]) => name);
  const renamed = right.map((row) => ({
    ...row,
    columns: row.columns.map(([name, value], n): [string, Value] => [names?.[n] ?? name, value]),
  }));
  if (query['op'] === 'SETOP_UNION') return limited(query, [...left, ...renamed], environment);
  // INTERSECT and EXCEPT take rows away.
  const piece = String(query['op']).replace('SETOP_', '');
  return left.map((row) => ({ ...row, guard: all(row.guard, environment.world.freshTruth(piece)) }));
}

function sideOf(side: unknown, environment: Environment): readonly Found[] {
  const expression = expressionOf(side);
  const node = expression?.kind === 'SelectStmt' ? expression.node : (side as Node);
  return resultsOf(node, environment);
}

function valuesOf(query: Node, environment: Environment): readonly Found[] {
  return expressionsOf(query['valuesLists']).map(({ node }) => ({
    guard: TRUE_TERM,
    columns: expressionsOf(node['items']).map((item, n): [string, Value] => [
      `column${n + 1}`,
      evaluate(item, environment),
    ]),
    uses: [],
  }));
}

/** Adds a source of FROM to a combination: one for each of its rows. */
function extend(left: Combination, item: Expression, environment: Environment): readonly Combination[] {
  const { kind, node } = item;
  // Rows that a source reads are reached where the whole query has a row of the source.
  const inner: Environment = { ...environment, scopes: [left.sources, ...environment.scopes], track: undefined };
  const add = (found: readonly Found[], alias: string, names?: readonly string[]) =>
    found.map(({ guard, columns, uses, isOpen = false }): Combination => {
      const named = columns.map(([name, value], n): [string, Value] => [names?.[n] ?? name, value]);
      return {
        guard: all(left.guard, guard),
        sources: [...left.sources, { alias, columns: columnsOf(named, isOpen) }],
        uses: [...left.uses, ...uses],
      };
    });
  switch (kind) {
    case 'RangeVar': {
      const name = String(node['relname']);
      const schema = node['schemaname'] as string | undefined;
      const { alias, columns } = aliasOf(node, name);
      const common = schema === undefined ? environment.tables.get(name) : undefined;
      if (common) return add(common(), alias, columns);
      const relation = environment.catalog.relation(schema, name);
      if (!relation) return add([opaqueRow(environment, `table ${name}`)], alias, columns);
      return readRelation(relation, inner).map(({ guard, source, uses }) => ({
        guard: all(left.guard, guard),
        sources: [...left.sources, { ...source, alias }],
        uses: [...left.uses, ...uses],
      }));
    }
    case 'RangeSubselect': {
      const { alias, columns } = aliasOf(node, '');
      const query = expressionOf(node['subquery'])?.node;
      return add(query ? resultsOf(query, inner) : [opaqueRow(environment, 'sub-select')], alias, columns);
    }
    case 'RangeFunction': {
      const call = callIn(node['functions']);
      const { alias, columns } = aliasOf(node, call ? (namesOf(call.node['funcname']).at(-1) ?? '') : '');
      const found = call ? rowsOfCall(call, inner, alias) : [opaqueRow(environment, 'ROWS FROM')];
      // Names of its result, and its ordinality, are not known.
      return add(
        found.map((row) => ({ ...row, isOpen: true })),
        alias,
        columns,
      );
    }
    case 'JoinExpr':
      return joinOf(left, node, environment);
    default:
      return add([opaqueRow(environment, kind)], '');
  }
}

/** Rows of a table or view as a role of the environment reads them. */
export function readRelation(
  relation: SurveyedRelation,
  environment: Environment,
): readonly { readonly guard: string; readonly source: Source; readonly uses: readonly Use[] }[] {
  const { world, catalog } = environment;
  const query = relation.kind === 'v' ? catalog.query(relation) : undefined;
  if (relation.kind === 'v') {
    if (!query || environment.depth >= DEEPEST) {
      const guard = world.freshTruth(`view ${relation.schema}.${relation.name}`);
      return [{ guard, source: { alias: relation.name, columns: columnsOf([], true) }, uses: [] }];
    }
    return resultsOf(query, viewEnvironment(relation, environment)).map(({ guard, columns, uses }) => {
      const named = columns.map(([name, value], n): [string, Value] => [relation.columns[n]?.name ?? name, value]);
      return { guard, source: { alias: relation.name, columns: columnsOf(named) }, uses };
    });
  }
  const granted = grantedColumns(catalog.audited, environment.role, relation, 'select');
  const isReadable = (name: string) => granted === 'all' || granted.has(name);
  if (granted !== 'all' && granted.size === 0) world.refusals.add(refusalOf(relation, environment));
  return world.rowsOf(relation).map((row) => {
    const { alias, columns } = sourceOf(row);
    const get = (name: string) => {
      if (!isReadable(name) && columns.names.includes(name)) world.refusals.add(refusalOf(relation, environment));
      return columns.get(name);
    };
    return {
      guard: all(row.present, environment.sql.visible(row, 'select', environment)),
      source: { alias, columns: { ...columns, get } },
      uses: [{ row, guard: TRUE_TERM }],
    };
  });
}

const refusalOf = ({ schema, name }: SurveyedRelation, { role }: Environment) =>
  `${role} may not read ${schema}.${name}`;

/** The environment in which a view's query runs. */
export function viewEnvironment(view: SurveyedRelation, environment: Environment): Environment {
  return {
    ...environment,
    // One with the rights of its user has those of the user within another view as well.
    role: view.security_invoker ? environment.user : view.owner,
    scopes: [],
    tables: new Map(),
    arguments: new Map(),
    depth: environment.depth + 1,
  };
}

function aliasOf(node: Node, name: string): { alias: string; columns: string[] | undefined } {
  const alias = node['alias'] as { aliasname?: string; colnames?: unknown[] } | undefined;
  return { alias: alias?.aliasname ?? name, columns: alias?.colnames && namesOf(alias.colnames) };
}

/** The one function of a RangeFunction. */
function callIn(functions: unknown): Expression | undefined {
  const [list, ...others] = expressionsOf(functions);
  if (others.length > 0) return undefined;
  const [call] = expressionsOf(list?.kind === 'List' ? list.node['items'] : undefined);
  return call?.kind === 'FuncCall' ? call : undefined;
}

const LISTS_OF_TEXTS = /^jsonb?_array_elements(?:_text)?$/;

/** Rows of a function in FROM, or of one that returns a set in the list of targets. */
function rowsOfCall(call: Expression, environment: Environment, alias: string): readonly Found[] {
  const { node } = call;
  const names = namesOf(node['funcname']);
  const name = names.at(-1) ?? '';
  const parts = expressionsOf(node['args']);
  const one = (guard: string, value: Value): Found => ({ guard, columns: [[alias, value]], uses: [] });
  if (LISTS_OF_TEXTS.test(name) || name === 'unnest') {
    const list = evaluate(parts[0], environment);
    if (list.kind === 'claims') {
      // Members as JSON have other texts.
      const isText = name.endsWith('_text');
      return environment.world
        .claimList(list.path)
        .map(({ guard, value }) => one(guard, isText ? value : unknown(environment, call, 'other:json')));
    }
    if (list.kind === 'list') {
      return list.items.map(({ guard, value }) => one(all(not(list.isNull), guard), value));
    }
    return [opaqueRow(environment, `function ${name}`)];
  }
  const schema = names.length > 1 ? names.at(-2) : undefined;
  const fn = findFunction(schema, name, parts.length, Boolean(node['func_variadic']), environment);
  const query = fn && environment.catalog.query(fn);
  const body = fn && bodyEnvironment(fn, parts, environment, Boolean(node['func_variadic']));
  if (!fn || !query || !body) {
    if (fn?.returns_set === false || !fn) return [one(TRUE_TERM, evaluate(call, environment))];
    return [{ ...opaqueRow(environment, `function ${fn.signature}`) }];
  }
  const found = resultsOf(query, { ...body, nesting: body.nesting + 1 });
  const isOneColumn = found.every(({ columns }) => columns.length === 1) && fn.returns !== 'record';
  return isOneColumn ? found.map((row) => ({ ...row, columns: [[alias, row.columns[0]![1]]] })) : found;
}

function joinOf(left: Combination, node: Node, environment: Environment): readonly Combination[] {
  const [first, second] = [expressionOf(node['larg']), expressionOf(node['rarg'])];
  if (!first || !second) return [];
  const isOuterRight = node['jointype'] === 'JOIN_RIGHT' || node['jointype'] === 'JOIN_FULL';
  const isOuterLeft = node['jointype'] === 'JOIN_LEFT' || node['jointype'] === 'JOIN_FULL';
  const lefts = extend(left, first, environment);
  const combinations: Combination[] = [];
  const matched = new Map<Combination, string[]>();
  const matches = (combination: Combination, width: number): string => {
    const sources = combination.sources.slice(left.sources.length);
    const inner: Environment = { ...environment, scopes: [combination.sources, ...environment.scopes] };
    const quals = node['quals'] === undefined ? TRUE_TERM : truthIn(expressionOf(node['quals']), inner).t;
    const shared = sharedColumns(node, sources.slice(0, width), sources.slice(width));
    const equal = shared.map((name) => {
      const [one, other] = [sources.slice(0, width), sources.slice(width)].map((side) =>
        side.map(({ columns }) => columns.get(name)).find((value) => value !== undefined)!,
      ) as [Value, Value];
      return compare('=', one, other, inner).t;
    });
    return all(quals, ...equal);
  };
  for (const one of lefts) {
    const guards: string[] = [];
    for (const pair of extend(one, second, environment)) {
      const width = one.sources.length - left.sources.length;
      const guard = all(pair.guard, matches(pair, width));
      guards.push(guard);
      combinations.push({ ...pair, guard });
    }
    matched.set(one, guards);
  }
  if ((isOuterLeft || isOuterRight) && environment.nesting > 0) {
    environment.world.gaps.add('an outer join in a sub-select');
  }
  if (isOuterLeft) {
    for (const [one, guards] of matched) {
      const [sample] = extend({ ...one, guard: TRUE_TERM }, second, environment);
      const nulls = sample
        ? sample.sources.slice(one.sources.length).map((source) => nullsOf(source))
        : [{ alias: '', columns: columnsOf([], true) }];
      combinations.push({
        guard: all(one.guard, ...guards.map(not)),
        sources: [...one.sources, ...nulls],
        uses: one.uses,
      });
    }
  }
  if (isOuterRight) {
    if (node['usingClause'] !== undefined || node['isNatural']) {
      environment.world.gaps.add('a column that an outer join merges');
    }
    for (const other of extend(left, second, environment)) {
      const nulls = (lefts[0]?.sources.slice(left.sources.length) ?? []).map((source) => nullsOf(source));
      // The row may be without a match: the database chooses.
      const guard = all(other.guard, environment.world.choice());
      const own = other.sources.slice(left.sources.length);
      combinations.push({ guard, sources: [...left.sources, ...nulls, ...own], uses: other.uses });
    }
  }
  return combinations;
}

function sharedColumns(node: Node, left: readonly Source[], right: readonly Source[]): readonly string[] {
  const using = namesOf(node['usingClause']);
  if (!node['isNatural']) return using;
  const names = left.flatMap(({ columns }) => columns.names);
  return right.flatMap(({ columns }) => columns.names).filter((name) => names.includes(name));
}

function nullsOf({ alias, columns }: Source): Source {
  return {
    alias,
    columns: {
      names: columns.names,
      get: (name) => {
        const value = columns.get(name);
        return value && isScalar(value) ? { ...value, truth: undefined, isNull: TRUE_TERM } : value;
      },
    },
  };
}

/** Columns of the result for one combination: more than one row where a target returns a set. */
function targets(
  query: Node,
  environment: Environment,
  sources: readonly Source[],
): readonly { readonly guard: string; readonly columns: Found['columns'] }[] {
  let rows: { guard: string; columns: (readonly [string, Value])[] }[] = [{ guard: TRUE_TERM, columns: [] }];
  const append = (added: readonly { guard: string; columns: readonly (readonly [string, Value])[] }[]) => {
    rows = rows.flatMap((row) =>
      added.map((more) => ({ guard: all(row.guard, more.guard), columns: [...row.columns, ...more.columns] })),
    );
  };
  for (const { node } of expressionsOf(query['targetList'])) {
    const value = expressionOf(node['val']);
    if (!value) continue;
    const star = starOf(value);
    if (star) {
      const chosen = sources.filter(({ alias }) => star.alias === undefined || alias === star.alias);
      const columns = chosen.flatMap(({ columns: all_ }) =>
        all_.names.map((name): [string, Value] => [name, all_.get(name)!]),
      );
      append([{ guard: TRUE_TERM, columns }]);
      continue;
    }
    const name = typeof node['name'] === 'string' ? node['name'] : nameOf(value);
    if (value.kind === 'FuncCall' && returnsSet(value, environment)) {
      append(
        rowsOfCall(value, environment, name).map(({ guard, columns }) => ({
          guard,
          columns: [[name, columns[0]?.[1] ?? unknown(environment, value)]],
        })),
      );
      continue;
    }
    append([
      { guard: TRUE_TERM, columns: [[name, targetValue(value, environment, query['groupClause'] !== undefined)]] },
    ]);
  }
  return rows;
}

/** The value of a target; that of an aggregate comes later. */
function targetValue(expression: Expression, environment: Environment, isGrouped: boolean): Value {
  if (isAggregateCall(expression)) {
    if (isGrouped) return unknown(environment, expression);
    const [argument] = expressionsOf(expression.node['args']);
    return argument ? evaluate(argument, environment) : { kind: 'int', term: '1', isNull: FALSE_TERM };
  }
  return evaluate(expression, environment);
}

function starOf({ kind, node }: Expression): { alias: string | undefined } | undefined {
  if (kind !== 'ColumnRef') return undefined;
  const fields = expressionsOf(node['fields']);
  if (fields.at(-1)?.kind !== 'A_Star') return undefined;
  return { alias: fields.length > 1 ? namesOf(node['fields']).at(-2) : undefined };
}

function nameOf({ kind, node }: Expression): string {
  if (kind === 'ColumnRef') return namesOf(node['fields']).at(-1) ?? '';
  if (kind === 'FuncCall') return namesOf(node['funcname']).at(-1) ?? '';
  if (kind === 'TypeCast') {
    const inner = expressionOf(node['arg']);
    return inner ? nameOf(inner) : '';
  }
  return '?column?';
}

function returnsSet({ node }: Expression, environment: Environment): boolean {
  const names = namesOf(node['funcname']);
  const name = names.at(-1) ?? '';
  if (LISTS_OF_TEXTS.test(name) || name === 'unnest') return true;
  const schema = names.length > 1 ? names.at(-2) : undefined;
  const count = expressionsOf(node['args']).length;
  return findFunction(schema, name, count, Boolean(node['func_variadic']), environment)?.returns_set ?? false;
}

const AGGREGATES =
  /^(?:count|sum|min|max|avg|bool_or|bool_and|every|array_agg|string_agg|jsonb?_agg|jsonb?_object_agg|any_value)$/;

function isAggregateCall({ kind, node }: Expression): boolean {
  return kind === 'FuncCall' && AGGREGATES.test(namesOf(node['funcname']).at(-1) ?? '') && node['over'] === undefined;
}

/** An aggregate over all rows of the query. */
function isAggregate(query: Node): boolean {
  if (query['groupClause'] !== undefined) return false;
  if (query['havingClause'] !== undefined) return true;
  return expressionsOf(query['targetList']).some(({ node }) => {
    const value = expressionOf(node['val']);
    return value !== undefined && containsAggregate(value);
  });
}

function containsAggregate(expression: Expression): boolean {
  if (isAggregateCall(expression)) return true;
  if (expression.kind === 'SubLink') return false;
  return Object.values(expression.node).some((part) =>
    (Array.isArray(part) ? part : [part]).some((item: unknown) => {
      const inner = expressionOf(item);
      return inner !== undefined && typeof inner.node === 'object' && inner.node !== null && containsAggregate(inner);
    }),
  );
}

/** The one row of an aggregate. */
function aggregated(query: Node, rows: readonly Found[], environment: Environment): Found {
  if (environment.nesting > 1) environment.world.gaps.add('an aggregate in a sub-select of another one');
  const someRow = any(...rows.map(({ guard }) => guard));
  const columns = expressionsOf(query['targetList']).map(({ node }, n): [string, Value] => {
    const expression = expressionOf(node['val'])!;
    const name = typeof node['name'] === 'string' ? node['name'] : nameOf(expression);
    if (!isAggregateCall(expression) || expression.node['agg_filter'] !== undefined) {
      return [name, unknown(environment, expression)];
    }
    const values = rows.map((row) => ({ guard: row.guard, value: row.columns[n]?.[1] }));
    return [name, aggregate(namesOf(expression.node['funcname']).at(-1)!, values, someRow, expression, environment)];
  });
  return { guard: havingOf(query, environment), columns, uses: rows.flatMap(({ uses }) => uses) };
}

function aggregate(
  name: string,
  rows: readonly { readonly guard: string; readonly value: Value | undefined }[],
  someRow: string,
  expression: Expression,
  environment: Environment,
): Value {
  const { world } = environment;
  const values = rows.map(({ guard, value }) => ({
    guard,
    value: value ? scalarFrom(value, environment, expression) : unknown(environment, expression),
  }));
  const known = values.map(({ guard, value }) => ({ guard: all(guard, not(value.isNull)), value }));
  switch (name) {
    case 'count': {
      const count = { ...world.open('int', `count ${world.choice()}`), isNull: FALSE_TERM };
      const counted = any(...known.map(({ guard }) => guard));
      world.script.assert(`(and (>= ${count.term} 0) (= (> ${count.term} 0) ${counted}))`);
      return count;
    }
    case 'bool_or':
      return {
        kind: 'bool',
        term: any(...known.map(({ guard, value }) => all(guard, value.term))),
        isNull: not(any(...known.map(({ guard }) => guard))),
      };
    case 'bool_and':
    case 'every':
      return {
        kind: 'bool',
        term: all(...known.map(({ guard, value }) => any(not(guard), value.term))),
        isNull: not(any(...known.map(({ guard }) => guard))),
      };
    case 'array_agg':
      return { kind: 'list', items: values, isNull: not(someRow) };
    default:
      return unknown(environment, expression, RESULTS.get(name) ?? values[0]?.value.kind ?? 'other:any');
  }
}

/** Aggregates whose result is of another kind than their argument. */
const RESULTS = new Map<string, Kind>([
  ['avg', 'numeric'],
  ['string_agg', 'text'],
  ['json_agg', 'other:json'],
  ['jsonb_agg', 'other:jsonb'],
  ['json_object_agg', 'other:json'],
  ['jsonb_object_agg', 'other:jsonb'],
]);

/** HAVING, and aggregates with GROUP BY: groups are not modelled, each row counts as its own. */
function havingOf(query: Node, { world }: Environment): string {
  return query['havingClause'] === undefined ? TRUE_TERM : world.freshTruth('HAVING');
}

/** LIMIT and OFFSET leave out rows that the database chooses. */
function limited(query: Node, rows: readonly Found[], { world }: Environment): readonly Found[] {
  if (query['limitCount'] === undefined && query['limitOffset'] === undefined) return rows;
  const left = rows.map((row) => ({ ...row, guard: all(row.guard, world.choice()) }));
  // `LIMIT 1` leaves a row where there is one.
  if (query['limitOffset'] === undefined && isPositive(query['limitCount'])) {
    world.script.assert(any(not(any(...rows.map(({ guard }) => guard))), ...left.map(({ guard }) => guard)));
  }
  return left;
}

function isPositive(count: unknown): boolean {
  const { ival } = (expressionOf(count)?.node ?? {}) as { ival?: { ival?: number } };
  return (ival?.ival ?? 0) > 0;
}
