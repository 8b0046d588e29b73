import { namesIn } from '../../../postgres/catalog/body-names.ts';
import {
  expressionOf,
  expressionsOf,
  namesOf,
  type Expression,
} from '../../../postgres/expressions/parse-expression.ts';
import type { Node } from '../../../postgres/expressions/walk.ts';
import type {
  RowCommand,
  SurveyedFunction,
  SurveyedRelation,
  SurveyedTrigger,
} from '../../../audit/anywhere/survey.ts';
import type { QualifiedName } from '../../../postgres/qualified-name.ts';
import type { Property } from '../property.ts';
import type { LeakingRequest } from '../verdict.ts';
import { onRow, type Environment } from './environment.ts';
import { scalarIn, truthIn } from './evaluate.ts';
import { environmentOf } from './sql.ts';
import { cast } from './casts.ts';
import type { ParsedCatalog } from './parsed-catalog.ts';
import { visible, writable } from './policies.ts';
import { resultsOf, viewEnvironment } from './queries.ts';
import { all, any, FALSE_TERM, not, same, TRUE_TERM } from './script.ts';
import { kindOf, type Scalar, type Use, type Value } from './values.ts';
import type { Row, World } from './world.ts';

/** One way in which a request reaches rows of a table. */
export interface Way {
  readonly request: Pick<LeakingRequest, 'way' | 'schema' | 'name'>;
  /** Builds the question in a world: can a row be reached for which the property does not hold? */
  build(world: World): Leak;
}

/** A term that holds where a property does not, and the rows that show it. */
export interface Leak {
  readonly term: string;
  /** The existing row. */
  readonly before?: Row;
  /** Its new version, or the new row, and the columns that a request writes. */
  readonly after?: { readonly row: Row; readonly written: readonly string[] };
  readonly arguments?: ReadonlyMap<string, Scalar>;
}

/** Ways that are modelled, and words for those that are not. */
export interface Ways {
  readonly modelled: readonly Way[];
  readonly others: readonly string[];
}

/** Finds every way in which a role's requests may do a command to rows of the property's table. */
export function waysTo(property: Property, role: string, command: RowCommand, catalog: ParsedCatalog): Ways {
  const { audited } = catalog;
  const table = catalog.relation(property.relation.schema, property.relation.name);
  if (!table) return { modelled: [], others: [`${property.relation.schema}.${property.relation.name} is missing`] };
  const question = { property, role, command, catalog, table };
  const direct = kin(table).flatMap((relation) => directWay(relation, question));
  const views = audited.survey.relations.filter(
    (view) => (view.kind === 'v' || view.kind === 'm') && audited.reach.isExposed(view) && dependsOn(view, table),
  );
  const byView = views.map((view) =>
    command === 'select' ? readingView(view, question) : writingView(view, question),
  );
  const byFunction = lendingFunctions(role, catalog).map((fn) => functionWay(fn, question));
  const byRule = table.rules.map(({ name }) => `rule ${name} of ${table.schema}.${table.name}`);
  return {
    modelled: [...direct, ...byView, ...byFunction].filter((way) => way !== undefined && typeof way !== 'string'),
    others: [...byView, ...byFunction, ...hiddenViews(question), ...byRule].filter((way) => typeof way === 'string'),
  };
}

interface Question {
  readonly property: Property;
  readonly role: string;
  readonly command: RowCommand;
  readonly catalog: ParsedCatalog;
  readonly table: SurveyedRelation;
}

/** The table, and those in which its rows are found by inheritance. */
function kin(table: SurveyedRelation): readonly SurveyedRelation[] {
  const found = new Set([table]);
  for (const one of found) for (const child of one.children) found.add(child);
  const above = new Set([table]);
  for (const one of above) for (const parent of one.parents) above.add(parent);
  return [...new Set([...found, ...above])].filter(({ kind }) => kind === 'r' || kind === 'p');
}

/** Term: the property does not hold for a row. */
function violates(row: Row, { property, role, catalog }: Question, world: World): string {
  const environment = onRow(environmentOf(world, catalog, role), row);
  return not(truthIn(catalog.expression(property.only), environment).t);
}

/** Constraints that each existing row fulfils. */
function keepChecks(row: Row, environment: Environment): void {
  const { world, catalog } = environment;
  const pieces = [...world.unmodelled];
  for (const check of row.relation.checks) {
    const { f } = truthIn(catalog.expression(check), onRow({ ...environment, scopes: [] }, row));
    world.script.assert(any(not(row.present), not(f)));
  }
  // What a constraint says may be left out.
  world.unmodelled.clear();
  for (const piece of pieces) world.unmodelled.add(piece);
}

/** Constraints of every table hold in a world. */
export function keepAllChecks(world: World, catalog: ParsedCatalog, role: string): void {
  for (const row of [...world.rows]) keepChecks(row, environmentOf(world, catalog, role));
}

/** A row of the property's table as a row of a relation in which it is found too. */
function as(row: Row, relation: SurveyedRelation): Row {
  return row.relation === relation ? row : { ...row, relation };
}

function directWay(relation: SurveyedRelation, question: Question): Way[] {
  const { role, command, catalog, property, table } = question;
  const { reach } = catalog.audited;
  const access = reach.access(role, relation).find((one) => one.command === command);
  if (!access) return [];
  const granted = access.columns ?? relation.columns.map(({ name }) => name);
  if (property.columns && command !== 'insert' && !granted.some((name) => property.columns!.includes(name))) return [];
  const request = { way: 'table', schema: relation.schema, name: relation.name } as const;
  const build = (world: World): Leak => {
    const environment = environmentOf(world, catalog, role);
    if (command === 'insert') {
      if (relation !== table) return { term: FALSE_TERM };
      const after = newRow(table, granted, 'insert', undefined, environment);
      keepChecks(after, environment);
      const term = all(after.present, writable(after, 'insert', environment), violates(after, question, world));
      return { term, after: { row: after, written: granted } };
    }
    const before = world.addRow(table, 'subject', true);
    const reached = visible(as(before, relation), command, environment);
    const wrong = violates(before, question, world);
    if (command !== 'update') return { term: all(reached, wrong), before };
    const after = newRow(table, granted, 'update', before, environment);
    keepChecks(after, environment);
    const passes = writable(as(after, relation), 'update', environment);
    const isWrong = any(wrong, violates(after, question, world));
    return { term: all(reached, after.present, passes, isWrong), before, after: { row: after, written: granted } };
  };
  return [{ request, build }];
}

/** A row as a request writes it: what it may not write keeps its value or gets its default. */
function newRow(
  table: SurveyedRelation,
  granted: readonly string[],
  command: 'insert' | 'update',
  before: Row | undefined,
  environment: Environment,
): Row {
  const { world, catalog } = environment;
  const set = setByTriggers(
    table.triggers.filter(({ on, before: early, enabled }) => early && enabled && on.includes(command)),
    catalog,
  );
  const values = new Map<string, Scalar>();
  const possible: string[] = [];
  for (const column of table.columns) {
    const { name, generated, required } = column;
    const kind = world.columnKind(column);
    if (set === 'any' || set.has(name) || granted.includes(name)) continue;
    if (before && !generated) {
      values.set(name, before.value(name)!);
      continue;
    }
    if (generated) continue;
    const value: Scalar =
      column.default === null
        ? { ...world.open(kind, `null of ${kind}`), isNull: TRUE_TERM }
        : cast(scalarIn(catalog.expression(column.default), environment), kind, world);
    values.set(name, value);
    if (required) possible.push(not(value.isNull));
  }
  return world.makeRow(table, `new ${command}`, all(...possible), values);
}

/** Columns that BEFORE triggers assign; `any` where their text does not say. */
function setByTriggers(triggers: readonly SurveyedTrigger[], catalog: ParsedCatalog): ReadonlySet<string> | 'any' {
  const columns = new Set<string>();
  for (const { function: fn } of triggers) {
    const body = fn && catalog.audited.texts.bodyOf(fn);
    if (body === undefined || fn?.language !== 'plpgsql') return 'any';
    if (
      /\bNEW\s*:?=|\bINTO\s+(?:STRICT\s+)?NEW\b(?!\s*\.)|\bRETURN\s+(?!NEW\b|NULL\b|OLD\b)|populate_record|#=/i.test(
        body,
      )
    )
      return 'any';
    for (const [, quoted, plain] of body.matchAll(/\bNEW\s*\.\s*(?:"([^"]+)"|(\w+))/gi)) {
      columns.add(quoted ?? plain!.toLowerCase());
    }
  }
  return columns;
}

function dependsOn(view: SurveyedRelation, table: SurveyedRelation): boolean {
  const found = new Set(view.reads);
  for (const one of found) for (const below of one.kind === 'v' || one.kind === 'm' ? one.reads : []) found.add(below);
  return found.has(table) || [...found].some((one) => kin(table).includes(one));
}

function readingView(view: SurveyedRelation, question: Question): Way | undefined {
  const { role, catalog, table } = question;
  if (!catalog.audited.reach.may(role, view, 'select')) return undefined;
  return {
    request: { way: 'view', schema: view.schema, name: view.name },
    build: (world) => {
      const before = world.addRow(table, 'subject', true);
      const environment = environmentOf(world, catalog, role);
      const met: string[] = [];
      const track = (guard: string, uses: readonly Use[]) => {
        for (const use of uses) if (use.row === before) met.push(all(guard, use.guard));
      };
      const query = catalog.query(view);
      // A materialized view holds what its owner read.
      const inner =
        view.kind === 'm'
          ? { ...viewEnvironment(view, environment), role: view.owner, user: view.owner }
          : viewEnvironment(view, environment);
      if (query) resultsOf(query, { ...inner, track });
      else world.gaps.add(`view ${view.schema}.${view.name}`);
      return { term: all(any(...met), violates(before, question, world)), before };
    },
  };
}

/** A view that passes a command on to the table with its owner's rights. */
function writingView(view: SurveyedRelation, question: Question): Way | string | undefined {
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

/** Functions that lend the rights of their owner to a role's requests: called by name, or by what requests call. */
function lendingFunctions(role: string, catalog: ParsedCatalog): readonly SurveyedFunction[] {
  const { survey, reach, texts } = catalog.audited;
  const called = new Set(
    survey.functions.filter((fn) => reach.isExposed(fn) && !fn.of_triggers && reach.calls(role, fn)),
  );
  for (const relation of survey.relations) {
    const access = reach.access(role, relation);
    if (access.length === 0) continue;
    if (relation.kind === 'v') for (const fn of relation.calls) called.add(fn);
    for (const { enabled, on, function: fn } of relation.triggers) {
      if (enabled && fn && access.some(({ command }) => (on as readonly string[]).includes(command))) called.add(fn);
    }
  }
  for (const fn of called) for (const inner of texts.calledBy(fn)) called.add(inner);
  return [...called].filter((fn) => fn.extension === null && (fn.security_definer || changesIdentity(fn, catalog)));
}

const WRITES = /\b(?:insert|update|delete|merge|truncate|copy)\b/i;
const DYNAMIC = /\bexecute\b/i;
const OTHER_IDENTITY =
  /\bset_config\b|\bset\s+(?:(?:local|session)\s+)?(?:role\b|session\s+authorization\b|"?request\.)/i;

/** True for a function that sets a role or claims, so that policies see another requester than the token's. */
function changesIdentity(fn: SurveyedFunction, { audited }: ParsedCatalog): boolean {
  return (
    fn.settings.some((setting) => /^(?:role|session_authorization|request\.)/i.test(setting)) ||
    OTHER_IDENTITY.test(audited.texts.bodyOf(fn))
  );
}

/** The function, and those that it calls with its rights. */
function withCalled(fn: SurveyedFunction, { audited }: ParsedCatalog): readonly SurveyedFunction[] {
  const found = new Set([fn]);
  for (const one of found) {
    for (const inner of audited.texts.calledBy(one)) if (!inner.security_definer) found.add(inner);
  }
  return [...found].filter(({ extension }) => extension === null);
}

function namesTable(fn: SurveyedFunction, { catalog, table }: Question): boolean {
  const views = catalog.audited.survey.relations.filter((one) => one.kind === 'v' && dependsOn(one, table));
  const named = namesIn(catalog.audited.texts.bodyOf(fn)).tables;
  return (
    named.some(({ schema, name }) => name === table.name && (schema === undefined || schema === table.schema)) ||
    fn.reads.includes(table) ||
    fn.reads.some((one) => views.includes(one)) ||
    named.some(({ name }) => views.some((view) => view.name === name))
  );
}

/** Views without a path of their own, which lend their owner's rights to functions with the requester's rights. */
function hiddenViews({ role, command, catalog, table }: Question): string[] {
  const { survey, reach } = catalog.audited;
  const hidden = survey.relations.filter(
    (view) =>
      (view.kind === 'm' || (view.kind === 'v' && !view.security_invoker)) &&
      !reach.isExposed(view) &&
      dependsOn(view, table) &&
      reach.may(role, view, command),
  );
  if (hidden.length === 0) return [];
  const callable = survey.functions.filter(
    (fn) => reach.isExposed(fn) && !fn.of_triggers && !fn.security_definer && reach.calls(role, fn),
  );
  return hidden.flatMap((view) =>
    callable
      .filter((fn) =>
        withCalled(fn, catalog).some(
          (one) =>
            one.reads.includes(view) ||
            namesIn(catalog.audited.texts.bodyOf(one)).tables.some(({ name }) => name === view.name),
        ),
      )
      .map((fn) => `view ${view.schema}.${view.name}, which function ${fn.signature} names`),
  );
}

function functionWay(fn: SurveyedFunction, question: Question): Way | string | undefined {
  const { catalog, table, command, role } = question;
  const bodyOf = (one: SurveyedFunction) => catalog.audited.texts.bodyOf(one);
  const isDynamic = (one: SurveyedFunction) => DYNAMIC.test(bodyOf(one)) && one.language !== 'sql';
  const run = withCalled(fn, catalog);
  const reading = run.filter((one) => namesTable(one, question) || isDynamic(one));
  if (reading.length === 0) return undefined;
  const mayWrite = (one: SurveyedFunction) =>
    !['sql', 'plpgsql'].includes(one.language) || WRITES.test(bodyOf(one)) || isDynamic(one);
  if (command !== 'select' && !run.some(mayWrite)) return undefined;
  if (fn.of_triggers && command === 'select') return undefined;
  const query = catalog.query(fn);
  const isOtherRequester = run.some((one) => changesIdentity(one, catalog));
  if (isOtherRequester) return `function ${fn.signature} sets a role or claims`;
  const isRead = (one: SurveyedFunction) =>
    catalog.query(one) !== undefined && (one === fn || catalog.functions(one.schema, one.name).length === 1);
  const piece = `function ${fn.signature} runs as ${fn.owner}, whose rights reach the table`;
  if (command !== 'select' || !query || fn.of_triggers || !reading.every(isRead)) return piece;
  return {
    request: { way: 'function', schema: fn.schema, name: fn.name },
    build: (world) => {
      const before = world.addRow(table, 'subject', true);
      const environment = environmentOf(world, catalog, role);
      const met: string[] = [];
      const track = (guard: string, uses: readonly Use[]) => {
        for (const use of uses) if (use.row === before) met.push(all(guard, use.guard));
      };
      const args = fn.arguments.map((type, n): [string, Scalar] => [
        fn.argument_names[n] || `$${n + 1}`,
        world.open(kindOf(type), `argument ${n}`),
      ]);
      const values = new Map<string, Value>(args);
      args.forEach(([, value], n) => values.set(`$${n + 1}`, value));
      resultsOf(query, { ...environment, role: fn.owner, user: fn.owner, arguments: values, depth: 1, track });
      return { term: all(any(...met), violates(before, question, world)), before, arguments: new Map(args) };
    },
  };
}

/**
 * Builds the question whether a request to a table itself reaches a row in one state of a database, and not in another one. Rows
 * are those of the first state.
 */
export function directLeak(
  world: World,
  compared: { role: string; table: QualifiedName; command: RowCommand; catalog: ParsedCatalog; other: ParsedCatalog },
): Leak {
  const { role, table, command, catalog, other } = compared;
  const [here, there] = [catalog, other].map((state) => state.relation(table.schema, table.name));
  if (!here) return { term: FALSE_TERM };
  const rightsIn = (state: ParsedCatalog, relation: SurveyedRelation | undefined) => {
    const access = relation && state.audited.reach.access(role, relation).find((one) => one.command === command);
    return access && (access.columns ?? relation.columns.map(({ name }) => name));
  };
  const granted = rightsIn(catalog, here);
  const grantedThere = rightsIn(other, there);
  if (!granted) return { term: FALSE_TERM };
  const environments = [catalog, other].map((state) => environmentOf(world, state, role)) as [Environment, Environment];
  const [now, then] = environments;
  const passesThere = (build: (environment: Environment, relation: SurveyedRelation) => string) =>
    there && grantedThere ? build(then, there) : FALSE_TERM;
  if (command === 'insert') {
    const after = newRow(here, granted, 'insert', undefined, now);
    keepChecks(after, now);
    const reaches = all(after.present, writable(after, 'insert', now));
    const reached = passesThere((environment, relation) =>
      all(
        writtenOnly(granted, grantedThere ?? [], undefined, after),
        writable(as(after, relation), 'insert', environment),
      ),
    );
    return { term: all(reaches, not(reached)), after: { row: after, written: granted } };
  }
  const before = world.addRow(here, 'subject', true);
  const reaches = visible(before, command, now);
  if (command !== 'update') {
    const reached = passesThere((environment, relation) => visible(as(before, relation), command, environment));
    const isWider = command === 'select' && granted.some((name) => !(grantedThere ?? []).includes(name));
    return { term: all(reaches, isWider ? TRUE_TERM : not(reached)), before };
  }
  const after = newRow(here, granted, 'update', before, now);
  keepChecks(after, now);
  const reached = passesThere((environment, relation) =>
    all(
      visible(as(before, relation), 'update', environment),
      writtenOnly(granted, grantedThere ?? [], before, after),
      writable(as(after, relation), 'update', environment),
    ),
  );
  const term = all(reaches, after.present, writable(after, 'update', now), not(reached));
  return { term, before, after: { row: after, written: granted } };
}

/** Term: nothing is written in columns that only one state lets the role write. */
function writtenOnly(
  granted: readonly string[],
  grantedThere: readonly string[],
  before: Row | undefined,
  after: Row,
): string {
  const more = granted.filter((name) => !grantedThere.includes(name));
  return before
    ? all(...more.map((name) => not(differs(before, after, name))))
    : more.length > 0
      ? FALSE_TERM
      : TRUE_TERM;
}

/** Term: two versions of a row are not the same in a column. */
export function differs(before: Row, after: Row, column: string): string {
  const [left, right] = [before.value(column), after.value(column)];
  if (!left || !right) return FALSE_TERM;
  return not(
    any(all(left.isNull, right.isNull), all(not(left.isNull), not(right.isNull), same(left.term, right.term))),
  );
}
