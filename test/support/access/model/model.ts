import type { Command, DeclarationInput, PolicyInput } from '../../../../declaration/index.ts';
import type { CheckRequest, Filter, Sender } from '../../../../access/check/request.ts';
import type { State } from '../../../../access/check/run-requests.ts';
import type { Row } from '../../../../access/check/rows.ts';
import type { Shape, ShapeFunction, ShapeTable } from '../../../../access/check/shape.ts';
import { NotModelled, Refused } from './errors.ts';
import {
  callOf,
  evaluate,
  memberOf,
  names,
  parseCondition,
  parseSelect,
  targets,
  type Node,
  type Scope,
  type Surroundings,
} from './expressions.ts';
import { runSelect, type Tuple } from './query.ts';
import { Rules, type Policy } from './rules.ts';
import { compare, Json, jsonText, readText, UNKNOWN, type SqlValue } from './values.ts';

/** What a request does by the model. One of several codes where the order in which Postgres meets rows decides. */
export type Expected =
  | {
      readonly rows: readonly Tuple[] | null;
      readonly count: number;
      readonly state: ReadonlyMap<string, readonly Tuple[]>;
    }
  | { readonly refused: ReadonlySet<string> };

/**
 * A small interpreter of declarations over rows in memory. It reads what the user writes, and Postgres' documentation decides
 * the rest: it shares no code with what the package makes of a declaration.
 */
export class Model {
  readonly #rules: Rules;
  readonly #shape: Shape;
  readonly #state: ReadonlyMap<string, readonly Tuple[]>;
  readonly #private: string;

  constructor(input: DeclarationInput, shape: Shape, state: State) {
    this.#rules = new Rules(input);
    this.#shape = shape;
    this.#state = new Map(Object.entries(state));
    this.#private = input.privateSchema ?? `${input.name}_private`;
  }

  answer(request: CheckRequest): Expected {
    try {
      const { sender, target, kind } = request;
      if (kind === 'call' && !this.#rules.mayCall(sender.role, `${target.schema}.${target.name}`))
        throw new Refused('permission');
      this.#checkToken(sender);
      return new Statement(this.#rules, this.#shape, this.#state, this.#private, request.sender).run(request);
    } catch (error) {
      if (error instanceof Refused) return { refused: new Set([error.code]) };
      throw error;
    }
  }

  /** The pre-request check. */
  #checkToken({ role, claims }: Sender): void {
    if (claims === undefined && role === this.#rules.anonymous) return;
    const { issuer, audience, requiredClaims = ['exp'] } = this.#rules.input.tokens ?? {};
    const all: Readonly<Record<string, unknown>> = { ...claims, role };
    if (Object.keys(all).length === 1 && role === this.#rules.anonymous) return;
    const missing = requiredClaims.some((name) => all[name] === undefined || all[name] === null);
    const now = Date.now() / 1000;
    const expired = all['exp'] !== undefined && !(typeof all['exp'] === 'number' && all['exp'] > now - 30);
    const foreign = issuer !== undefined && all['iss'] !== issuer;
    const elsewhere = audience !== undefined && ![all['aud']].flat().includes(audience);
    if (missing || expired || foreign || elsewhere) throw new Refused('PT401');
  }
}

/** One statement of one role. */
class Statement {
  readonly #rules: Rules;
  readonly #shape: Shape;
  readonly #private: string;
  readonly #sender: Sender;
  /** The role whose rights count: inside a definer function that of the owner. */
  readonly #user: string;
  #state: Map<string, readonly Tuple[]>;

  constructor(
    rules: Rules,
    shape: Shape,
    state: ReadonlyMap<string, readonly Tuple[]>,
    privateSchema: string,
    sender: Sender,
    user = sender.role,
  ) {
    this.#rules = rules;
    this.#shape = shape;
    this.#state = new Map(state);
    this.#private = privateSchema;
    this.#sender = sender;
    this.#user = user;
  }

  run(request: CheckRequest): Expected {
    switch (request.kind) {
      case 'read':
        return this.#read(request);
      case 'insert':
        return this.#insert(request);
      case 'update':
        return this.#update(request);
      case 'delete':
        return this.#delete(request);
      case 'call':
        return this.#call(request);
    }
  }

  get #claims(): Readonly<Record<string, unknown>> {
    return { ...this.#sender.claims, role: this.#sender.role };
  }

  // Requests

  #read({ target, columns, filters, embedded }: CheckRequest & { kind: 'read' }): Expected {
    const relation = `${target.schema}.${target.name}`;
    const reference = embedded && this.#table(relation).references.find(({ name }) => name === embedded.reference);
    this.#require('select', relation, [...columns, ...columnsOf(filters), ...(reference?.columns ?? [])]);
    if (embedded && reference) {
      this.#require('select', `${reference.schema}.${reference.table}`, [...embedded.columns, ...reference.referenced]);
    }
    const rows = this.#visible(relation)
      .filter((row) => passes(filters, row))
      .flatMap((row): Tuple[] => {
        const shown = pick(row, columns);
        if (!embedded || !reference) return [shown];
        const others = this.#visible(`${reference.schema}.${reference.table}`).filter((other) =>
          reference.columns.every((column, at) => compare(row[column]!, other[reference.referenced[at]!]!) === 0),
        );
        if (others.length === 0) return embedded.inner ? [] : [{ ...shown, embedded: null }];
        return others.map((other) => ({ ...shown, embedded: new Json(pick(other, embedded.columns)) }));
      });
    return { rows, count: rows.length, state: this.#state };
  }

  #insert({ target, columns, rows, conflict, returning }: CheckRequest & { kind: 'insert' }): Expected {
    const relation = `${target.schema}.${target.name}`;
    const table = this.#table(relation);
    const key = conflict ? table.keys[0]! : [];
    const reads = returning !== undefined || conflict !== undefined;
    this.#require('insert', relation, columns);
    if (conflict === 'merge-duplicates') this.#require('update', relation, columns);
    // What is written to a row that exists is read from the rejected one (documentation of INSERT, ON CONFLICT).
    const excluded = conflict === 'merge-duplicates' ? columns : [];
    if (reads) this.#require('select', relation, [...key, ...excluded, ...(returning ?? [])]);
    const written: Tuple[] = [];
    for (const given of rows) {
      const row = this.#withDefaults(table, given, columns);
      this.#check('insert', relation, row);
      if (reads) this.#checkVisible(relation, row);
      checkConstraints(table, row, this.#around());
      const existing = conflict && this.#rows(relation).find((other) => sameIn(key, row, other));
      if (existing && conflict === 'ignore-duplicates') continue;
      if (existing) {
        if (written.includes(existing)) throw new Refused('21000');
        if (!this.#allowed('update', relation, existing)) throw new Refused('policy');
        this.#checkVisible(relation, existing);
        const changed = { ...existing, ...pick(row, columns) };
        this.#check('update', relation, changed);
        this.#checkVisible(relation, changed);
        checkConstraints(table, changed, this.#around());
        this.#replace(relation, existing, changed);
        written.push(changed);
      } else {
        this.#state.set(relation, [...this.#rows(relation), row]);
        written.push(row);
      }
      this.#checkKeys(table, relation, conflict ? 1 : 0);
    }
    this.#checkReferences();
    return this.#written(written, returning);
  }

  #update({ target, set, filters, returning }: CheckRequest & { kind: 'update' }): Expected {
    const relation = `${target.schema}.${target.name}`;
    const table = this.#table(relation);
    const reads = filters.length > 0 || returning !== undefined;
    this.#require('update', relation, Object.keys(set));
    if (reads) this.#require('select', relation, [...columnsOf(filters), ...(returning ?? [])]);
    const met = this.#rows(relation).filter(
      (row) =>
        (!reads || this.#allowed('select', relation, row)) &&
        this.#allowed('update', relation, row) &&
        passes(filters, row),
    );
    const refused = new Set<string>();
    const written = met.map((row) => {
      const changed = { ...row, ...set };
      try {
        this.#check('update', relation, changed);
        if (reads) this.#checkVisible(relation, changed);
        checkConstraints(table, changed, this.#around());
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refused.add(error.code);
      }
      this.#replace(relation, row, changed);
      return changed;
    });
    try {
      this.#checkKeys(table, relation, 0);
    } catch (error) {
      refused.add((error as Refused).code);
    }
    if (refused.size > 0) return { refused };
    this.#checkReferences();
    return this.#written(written, returning);
  }

  #delete({ target, filters, returning }: CheckRequest & { kind: 'delete' }): Expected {
    const relation = `${target.schema}.${target.name}`;
    const reads = filters.length > 0 || returning !== undefined;
    this.#require('delete', relation, []);
    if (reads) this.#require('select', relation, [...columnsOf(filters), ...(returning ?? [])]);
    const met = this.#rows(relation).filter(
      (row) =>
        (!reads || this.#allowed('select', relation, row)) &&
        this.#allowed('delete', relation, row) &&
        passes(filters, row),
    );
    this.#state.set(
      relation,
      this.#rows(relation).filter((row) => !met.includes(row)),
    );
    this.#cascade(relation, met);
    this.#checkReferences();
    return this.#written(met, returning);
  }

  #call({ target, arguments: given }: CheckRequest & { kind: 'call' }): Expected {
    const name = `${target.schema}.${target.name}`;
    const found = this.#shape.functions.find((each) => `${each.schema}.${each.name}` === name);
    if (!found) throw new NotModelled(name);
    const optional = found.types.length - found.defaults;
    const defaults = found.default_values === null ? [] : targets(parseSelect(`SELECT ${found.default_values}`));
    const args = found.types.map((_, at): SqlValue => {
      const argument = found.names[at] ?? '';
      if (Object.hasOwn(given, argument)) return given[argument]!;
      return evaluate(defaults[at - optional]!.val, NO_ROWS, this.#around());
    });
    const rows = this.#runFunction(found, args).map((row): Tuple => {
      const values = Object.values(row);
      const composite = this.#shape.tables.some((table) => found.returns.split('.').at(-1) === table.name);
      return { called: composite ? new Json(row) : (values[0] ?? null) };
    });
    const all = rows.length === 0 && !found.returns_set ? [{ called: null }] : rows;
    return { rows: all, count: all.length, state: this.#state };
  }

  #written(rows: readonly Tuple[], returning: readonly string[] | undefined): Expected {
    return { rows: returning ? rows.map((row) => pick(row, returning)) : null, count: rows.length, state: this.#state };
  }

  // Privileges

  /** Refuses before any row is met; what policies read counts as well. */
  #require(command: Command, relation: string, columns: readonly string[], seen: readonly string[] = []): void {
    const view = this.#shape.tables.find((table) => `${table.schema}.${table.name}` === relation && !table.is_table);
    const lacking =
      columns.length > 0
        ? columns.some((column) => !this.#rules.may(this.#user, command, relation, column))
        : !this.#rules.may(this.#user, command, relation);
    if (lacking) throw new Refused('permission');
    if (view) this.#requireQuery(parseSelect(view.definition!.replace(/;\s*$/, '')), seen);
    for (const policy of this.#rules.policiesFor(this.#user, command, relation)) {
      if (policy.kind !== 'custom') continue;
      for (const text of [policy.using.sql, policy.check?.sql]) {
        if (text === undefined || seen.includes(text)) continue;
        for (const select of selectsIn(parseCondition(this.#filled(text, policy.values))))
          this.#requireQuery(select, [...seen, text]);
      }
    }
  }

  #requireQuery(select: Node, seen: readonly string[]): void {
    const tables = rangeVars(select['fromClause']);
    const columns = columnRefs(select);
    for (const { schemaname, relname, alias } of tables) {
      const relation = this.#resolve(schemaname, relname);
      const known = this.#table(relation).columns.map(({ name }) => name);
      const read = columns.flatMap((path) => {
        const column = path.at(-1)!;
        const by = path.at(-2);
        if (by !== undefined && by !== (alias ?? relname)) return [];
        if (column === '*') return known;
        return known.includes(column) ? [column] : [];
      });
      this.#require('select', relation, [...new Set(read)], seen);
    }
  }

  // Policies

  #visible(relation: string): readonly Tuple[] {
    const table = this.#table(relation);
    if (!table.is_table) return this.#query(parseSelect(table.definition!.replace(/;\s*$/, '')), NO_ROWS);
    return this.#rows(relation).filter((row) => this.#allowed('select', relation, row));
  }

  #allowed(command: Command, relation: string, row: Tuple): boolean {
    return this.#passes(command, relation, row, (policy) => this.#using(policy, row, relation));
  }

  #check(command: 'insert' | 'update', relation: string, row: Tuple): void {
    const checked = (policy: Policy) =>
      policy.kind === 'custom' && policy.check
        ? this.#custom(policy.check.sql, policy.values, row, relation)
        : this.#using(policy, row, relation);
    if (!this.#passes(command, relation, row, checked)) throw new Refused('policy');
  }

  #checkVisible(relation: string, row: Tuple): void {
    if (!this.#allowed('select', relation, row)) throw new Refused('policy');
  }

  #passes(command: Command, relation: string, _row: Tuple, holds: (policy: Policy) => boolean): boolean {
    const policies = this.#rules.policiesFor(this.#user, command, relation);
    const membersRead =
      this.#user === this.#rules.owner && command === 'select' && this.#rules.membershipTables.has(relation);
    const permissive = policies.filter(({ restrictive }) => restrictive !== true);
    const restrictive = policies.filter((policy) => policy.restrictive === true);
    return restrictive.every(holds) && (membersRead || permissive.some(holds));
  }

  #using(policy: PolicyInput, row: Tuple, relation: string): boolean {
    switch (policy.kind) {
      case 'all-rows':
        return true;
      case 'own-rows':
      case 'tenant':
        return compare(row[policy.column]!, this.#claim(policy.claim, policy.type)) === 0;
      case 'claim-list': {
        const list = this.#claimAt(policy.claim);
        const members = Array.isArray(list) ? list.map((member) => inType(policy.type, jsonText(member))) : [];
        return members.some((member) => compare(row[policy.column]!, member) === 0);
      }
      case 'public-rows':
        return Object.entries(policy.where).every(([column, value]) =>
          value === null ? row[column] === null : compare(row[column]!, literal(row[column]!, value)) === 0,
        );
      case 'valid-between': {
        const now = new Date().toISOString();
        const from = policy.from === undefined ? null : row[policy.from]!;
        const until = policy.until === undefined ? null : row[policy.until]!;
        return (from === null || compare(from, now)! <= 0) && (until === null || compare(now, until)! < 0);
      }
      case 'membership':
        return this.#memberships(policy).some((key) => compare(row[policy.column]!, key) === 0);
      case 'custom':
        return this.#custom(policy.using.sql, policy.values, row, relation);
    }
  }

  #memberships(policy: PolicyInput & { kind: 'membership' }): readonly SqlValue[] {
    const { table, key, member, where = {} } = policy.through;
    const who = this.#claim(policy.claim, policy.memberType);
    // It reads past the policies of who asks, but not past those that bind the owner.
    return this.#as(this.#rules.owner)
      .#visible(this.#rules.qualified(table))
      .filter((row) => compare(row[member]!, who) === 0)
      .filter((row) =>
        Object.entries(where).every(([column, value]) =>
          [value].flat().some((one) => compare(row[column]!, literal(row[column]!, one)) === 0),
        ),
      )
      .map((row) => row[key]!);
  }

  #custom(text: string, values: Readonly<Record<string, string>> | undefined, row: Tuple, relation: string): boolean {
    const scope = { rows: { [relation.split('.')[1]!]: row } };
    try {
      return evaluate(parseCondition(this.#filled(text, values)), scope, this.#around()) === true;
    } catch (error) {
      // Which row fails first depends on the plan.
      if (error instanceof Refused && error.code !== 'permission') throw new NotModelled('a condition that fails');
      throw error;
    }
  }

  #filled(text: string, values: Readonly<Record<string, string>> = {}): string {
    const all: Readonly<Record<string, string>> = { ...values, private: this.#private };
    return text
      .replaceAll(/:"(\w+)"/g, (_, name: string) => `"${all[name]!.replaceAll('"', '""')}"`)
      .replaceAll(/:'(\w+)'/g, (_, name: string) => `'${all[name]!.replaceAll(`'`, `''`)}'`);
  }

  // Claims and functions

  #claimAt(path: string | readonly string[]): unknown {
    return [path].flat().reduce<unknown>((found, name) => memberOf(found, name), this.#claims);
  }

  #claim(path: string | readonly string[], type: string): SqlValue {
    return inType(type, jsonText(this.#claimAt(path)));
  }

  #around(): Surroundings {
    return {
      claims: this.#claims,
      call: (path, args) => this.#callByName(path, args),
      query: (select, scope) => this.#query(select, scope),
    };
  }

  #callByName(path: readonly string[], args: readonly SqlValue[]): SqlValue | readonly SqlValue[] {
    const name = path.at(-1)!;
    if (path.at(-2) === this.#private) {
      const texts = args.flat() as string[];
      if (name === 'claim') return jsonText(this.#claimAt(texts));
      if (name === 'claim_list') {
        const list = this.#claimAt(texts);
        return Array.isArray(list) ? list.map(jsonText) : [];
      }
    }
    const found = this.#shape.functions.find(
      (each) =>
        each.name === name && (path.length === 1 || each.schema === path.at(-2)) && each.types.length === args.length,
    );
    if (!found) throw new NotModelled(`function ${path.join('.')}`);
    const rows = this.#runFunction(found, args).map((row) => Object.values(row)[0] ?? null);
    return found.returns_set ? rows : (rows[0] ?? null);
  }

  #runFunction(called: ShapeFunction, args: readonly SqlValue[]): readonly Tuple[] {
    if (called.language !== 'sql') throw new NotModelled(`language ${called.language}`);
    const user = called.is_definer ? this.#rules.owner : this.#user;
    const named: Tuple = Object.fromEntries(
      args.map((value, at): [string, SqlValue] => [called.names[at] ?? `$${at + 1}`, value]),
    );
    const text = (called.body ?? called.source)
      .trim()
      .replace(/^BEGIN ATOMIC\s*/i, '')
      .replace(/;?\s*END$/i, '');
    const sql = text.replace(/^RETURN\s/i, 'SELECT ').replace(/;\s*$/, '');
    // Arguments may be named as those of the function.
    const scope: Scope = { rows: { [called.name]: named }, args: named };
    const statement = this.#as(user);
    const select = parseSelect(sql);
    statement.#requireQuery(select, []);
    return statement.#query(select, scope);
  }

  #as(user: string): Statement {
    return new Statement(this.#rules, this.#shape, this.#state, this.#private, this.#sender, user);
  }

  #query(select: Node, scope: Scope): Tuple[] {
    return runSelect(select, scope, this.#around(), {
      rowsOf: (schema, name) => this.#visible(this.#resolve(schema, name)),
      setOf: (call, inner) => {
        const args = ((call['args'] ?? []) as unknown[]).map((arg) => evaluate(arg, inner, this.#around()));
        const result = callOf(call, args, this.#around());
        return Array.isArray(result) ? (result as SqlValue[]) : [result];
      },
    });
  }

  // Rows

  #resolve(schema: string | undefined, name: string): string {
    const schemas = schema === undefined ? this.#rules.schemas : [schema];
    const found = schemas
      .map((each) => `${each}.${name}`)
      .find((each) => this.#shape.tables.some((table) => `${table.schema}.${table.name}` === each));
    if (found === undefined) throw new NotModelled(`table ${name}`);
    return found;
  }

  #table(relation: string): ShapeTable {
    const found = this.#shape.tables.find(({ schema, name }) => `${schema}.${name}` === relation);
    if (!found) throw new NotModelled(relation);
    return found;
  }

  #rows(relation: string): readonly Tuple[] {
    return this.#state.get(relation) ?? [];
  }

  #replace(relation: string, row: Tuple, by: Tuple): void {
    this.#state.set(
      relation,
      this.#rows(relation).map((each) => (each === row ? by : each)),
    );
  }

  #withDefaults(table: ShapeTable, given: Row, columns: readonly string[]): Tuple {
    const declared = (this.#rules.input.tables ?? []).find(
      ({ name }) => this.#rules.qualified(name) === `${table.schema}.${table.name}`,
    );
    return Object.fromEntries(
      table.columns.map((column): [string, SqlValue] => {
        if (columns.includes(column.name)) return [column.name, given[column.name] ?? null];
        const value = declared?.defaults?.[column.name];
        if (value) return [column.name, this.#claim(value.claim, value.type ?? 'text')];
        if (column.generated !== null || /^(now\(\)|CURRENT_)/.test(column.default ?? ''))
          return [column.name, UNKNOWN];
        if (column.default === null) return [column.name, null];
        return [column.name, evaluate(parseCondition(column.default), NO_ROWS, this.#around())];
      }),
    );
  }

  #checkKeys(table: ShapeTable, relation: string, from: number): void {
    const rows = this.#rows(relation);
    for (const key of table.keys.slice(from)) {
      const twice = rows.some((row, at) => rows.slice(0, at).some((other) => sameIn(key, row, other)));
      if (twice) throw new Refused('23505');
    }
  }

  #cascade(relation: string, deleted: readonly Tuple[]): void {
    for (const table of this.#shape.tables) {
      for (const { schema, table: name, columns, referenced, cascades } of table.references) {
        if (!cascades || `${schema}.${name}` !== relation) continue;
        const from = `${table.schema}.${table.name}`;
        const gone = this.#rows(from).filter((row) => deleted.some((other) => leads(row, columns, other, referenced)));
        if (gone.length === 0) continue;
        this.#state.set(
          from,
          this.#rows(from).filter((row) => !gone.includes(row)),
        );
        this.#cascade(from, gone);
      }
    }
  }

  #checkReferences(): void {
    for (const table of this.#shape.tables) {
      for (const { schema, table: name, columns, referenced } of table.references) {
        const others = this.#rows(`${schema}.${name}`);
        const lost = this.#rows(`${table.schema}.${table.name}`).some(
          (row) =>
            columns.every((column) => row[column] !== null) &&
            !others.some((other) => leads(row, columns, other, referenced)),
        );
        if (lost) throw new Refused('23503');
      }
    }
  }
}

const NO_ROWS: Scope = { rows: {} };

const columnsOf = (filters: readonly Filter[]) => filters.map(({ column }) => column);

const pick = (row: Tuple, columns: readonly string[]): Tuple =>
  Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));

const leads = (row: Tuple, columns: readonly string[], other: Tuple, referenced: readonly string[]) =>
  columns.every(
    (column, at) =>
      row[column] !== UNKNOWN &&
      other[referenced[at]!] !== UNKNOWN &&
      compare(row[column]!, other[referenced[at]!]!) === 0,
  );

const sameIn = (key: readonly string[], row: Tuple, other: Tuple) =>
  key.every(
    (column) => row[column] !== UNKNOWN && other[column] !== UNKNOWN && compare(row[column]!, other[column]!) === 0,
  );

/** The value of a literal in the type of the column's value. */
function literal(value: SqlValue, text: string | number | boolean): SqlValue {
  return typeof value === 'boolean' ? (readText('bool', String(text)) ?? null) : text;
}

function inType(type: string, text: string | null): SqlValue {
  return text === null ? null : (readText(type, text) ?? null);
}

function passes(filters: readonly Filter[], row: Tuple): boolean {
  return filters.every(({ column, operator, value }) => {
    const left = row[column]!;
    if (operator === 'is') return left === null;
    if (operator === 'in') return [value].flat().some((one) => compare(left, one) === 0);
    const order = compare(left, value);
    if (order === null) return false;
    return { eq: order === 0, neq: order !== 0, gt: order > 0, lt: order < 0 }[operator];
  });
}

function checkConstraints(table: ShapeTable, row: Tuple, around: Surroundings): void {
  if (table.columns.some(({ name, required }) => required && row[name] === null)) throw new Refused('23502');
  for (const check of table.checks) {
    if (evaluate(parseCondition(check), { rows: { [table.name]: row } }, around) === false) throw new Refused('23514');
  }
}

/** Sub-selects of an expression. */
function selectsIn(expression: unknown): Node[] {
  if (typeof expression !== 'object' || expression === null) return [];
  if (Array.isArray(expression)) return expression.flatMap(selectsIn);
  return Object.entries(expression as Node).flatMap(([kind, node]) =>
    kind === 'SelectStmt' ? [node as Node] : selectsIn(node),
  );
}

interface RangeVar {
  readonly schemaname?: string;
  readonly relname: string;
  readonly alias: string | undefined;
}

function rangeVars(part: unknown): RangeVar[] {
  if (typeof part !== 'object' || part === null) return [];
  if (Array.isArray(part)) return part.flatMap(rangeVars);
  return Object.entries(part as Node).flatMap(([kind, node]) => {
    if (kind !== 'RangeVar') return rangeVars(node);
    const { schemaname, relname, alias } = node as {
      schemaname?: string;
      relname: string;
      alias?: { aliasname: string };
    };
    return [{ ...(schemaname !== undefined && { schemaname }), relname, alias: alias?.aliasname }];
  });
}

function columnRefs(part: unknown): string[][] {
  if (typeof part !== 'object' || part === null) return [];
  if (Array.isArray(part)) return part.flatMap(columnRefs);
  return Object.entries(part as Node).flatMap(([kind, node]) =>
    kind === 'ColumnRef' ? [names((node as Node)['fields'])] : columnRefs(node),
  );
}
