import type { Random } from './random.ts';
import { POOL, quoted, type Column, type Type } from './pool.ts';

/** A condition in SQL, and smaller ones of which it is made. */
export interface Condition {
  readonly text: string;
  readonly parts: readonly Condition[];
}

interface Named extends Column {
  /** Name with the alias of its source. */
  readonly sql: string;
}

/** Columns that are in scope, and how deep the condition is. */
interface Scope {
  readonly columns: readonly Named[];
  readonly depth: number;
  readonly nesting: number;
}

const WITNESS: Readonly<Record<'m' | 'o', readonly Column[]>> = {
  m: [
    { name: 'user_id', type: 'int', required: false },
    { name: 'org', type: 'uuid', required: false },
    { name: 'role', type: 'text', required: false },
    { name: 'active', type: 'bool', required: false },
    { name: 'since', type: 'date', required: false },
  ],
  o: [
    { name: 'id', type: 'uuid', required: false },
    { name: 'title', type: 'text', required: false },
    { name: 'parent', type: 'uuid', required: false },
    { name: 'seats', type: 'int', required: false },
    { name: 'open', type: 'bool', required: false },
  ],
};
export { WITNESS };

const CLAIMS: Readonly<Partial<Record<Type, readonly (readonly string[])[]>>> = {
  int: [['user_id'], ['user_id'], ['app', 'level']],
  uuid: [['org'], ['org'], ['app', 'org']],
  text: [['name'], ['app', 'role'], ['user_id'], ['missing']],
  bool: [['flag']],
};

/** Types whose order the model knows. */
const ORDERED: readonly Type[] = ['int', 'numeric', 'date', 'timestamptz'];

/** Makes conditions on a row of a table. */
export class Grammar {
  readonly #random: Random;
  #aliases = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  condition(columns: readonly Column[], table: string): Condition {
    const named = columns.map((column) => ({ ...column, sql: `${table}.${column.name}` }));
    return this.#condition({ columns: named, depth: 3, nesting: 0 });
  }

  #condition(scope: Scope): Condition {
    const random = this.#random;
    const inner = { ...scope, depth: scope.depth - 1 };
    if (scope.depth > 0 && random.chance(55)) {
      const [one, other] = [this.#condition(inner), this.#condition(inner)];
      const pair = [one, other];
      switch (random.below(8)) {
        case 0:
        case 1:
        case 2:
          return { text: `(${one.text} AND ${other.text})`, parts: pair };
        case 3:
        case 4:
          return { text: `(${one.text} OR ${other.text})`, parts: pair };
        case 5:
          return { text: `NOT (${one.text})`, parts: [one] };
        case 6:
          return { text: `((${one.text}) IS ${this.#test()})`, parts: [one] };
        default:
          return { text: this.#choice(one.text, this.#condition(inner).text, other.text), parts: pair };
      }
    }
    return { text: this.#atom(scope), parts: [] };
  }

  #test(): string {
    return this.#random.pick(['TRUE', 'NOT TRUE', 'FALSE', 'NOT FALSE', 'UNKNOWN', 'NOT UNKNOWN', 'NULL', 'NOT NULL']);
  }

  #choice(when: string, then: string, otherwise: string): string {
    return this.#random.pick([
      `CASE WHEN ${when} THEN ${then} ELSE ${otherwise} END`,
      `CASE WHEN ${when} THEN ${then} END`,
      `coalesce(${then}, ${otherwise})`,
    ]);
  }

  #type(scope: Scope): Type {
    return this.#random.chance(80)
      ? this.#random.pick(scope.columns).type
      : this.#random.pick(['int', 'text', 'uuid', 'bool'] as const);
  }

  #atom(scope: Scope): string {
    const random = this.#random;
    const type = this.#type(scope);
    const value = () => this.#value(type, scope, 1);
    switch (random.below(scope.nesting < 2 ? 22 : 12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return `${value()} ${random.pick(['=', '=', '=', '<>'])} ${value()}`;
      case 4:
        if (!ORDERED.includes(type)) return `${value()} = ${value()}`;
        return `${value()} ${random.pick(['<', '<=', '>', '>='])} ${value()}`;
      case 5:
        return `${value()} IS ${random.pick(['', 'NOT '])}NULL`;
      case 6:
        return `${value()} IS ${random.pick(['', 'NOT '])}DISTINCT FROM ${value()}`;
      case 7:
        if (!ORDERED.includes(type)) return `${value()} <> ${value()}`;
        return `${value()} ${random.pick(['', 'NOT '])}BETWEEN ${value()} AND ${value()}`;
      case 8:
        return `${value()} ${random.pick(['IN', 'IN', 'NOT IN'])} (${value()}, ${this.#constant(type)}${random.chance(30) ? ', NULL' : ''})`;
      case 9:
        return this.#value('bool', scope, 1);
      case 10:
        return `${value()} ${random.pick(['= ANY', '<> ALL', '= ANY'])} (ARRAY[${this.#constant(type)}, ${value()}])`;
      case 11:
        return this.#listAtom(scope);
      case 12:
      case 13:
      case 14:
        return `${random.pick(['', '', 'NOT '])}EXISTS (${this.#query(scope)})`;
      case 15:
      case 16:
        return this.#inQuery(scope);
      case 17:
        return this.#functionAtom(scope);
      case 18:
        return this.#functionAtom(scope);
      case 19:
        return `(SELECT count(*) FROM ${this.#from(scope)}) ${random.pick(['> 0', '= 0', '>= 1'])}`;
      case 20:
        return this.#derived(scope);
      default:
        return `${this.#value('text', scope, 0)} = ${random.pick(['current_user::text', 'private.whom()', "current_setting('role')"])}`;
    }
  }

  #listAtom(scope: Scope): string {
    const random = this.#random;
    const [type, name] = random.pick([
      ['uuid', 'orgs'],
      ['text', 'names'],
    ] as const);
    const value = this.#value(type, scope, 0);
    const list = `SELECT ${type === 'uuid' ? 'private.try_cast(v, NULL::uuid)' : 'v'} FROM private.claim_list('${name}') AS v`;
    return random.pick([
      `${value} IN (${list})`,
      `${value} NOT IN (${list})`,
      `${value} = ANY (ARRAY(${list}))`,
      `${value} <> ALL (ARRAY(${list}))`,
      `EXISTS (SELECT 1 FROM private.claim_list('${name}') AS x(v) WHERE x.v = ${type === 'uuid' ? `(${value})::text` : value})`,
    ]);
  }

  #functionAtom(scope: Scope): string {
    const random = this.#random;
    const uuid = this.#value('uuid', scope, 0);
    return random.pick([
      `${uuid} IN (SELECT private.orgs_of_caller())`,
      `${uuid} = ANY (ARRAY(SELECT private.orgs_of_caller()))`,
      `${uuid} NOT IN (SELECT private.visible_orgs())`,
      `${uuid} IN (SELECT v FROM private.visible_orgs() AS v)`,
      `private.has_role(${this.#value('text', scope, 0)}, ${uuid})`,
      `(SELECT private.has_role(${quoted(random.pick(['a', 'b']))}, ${uuid}))`,
      `private.sees_org(${uuid})`,
      `NOT private.sees_org(${uuid})`,
      `private.strictly(${uuid})`,
      `private.strictly(${uuid}) IS NULL`,
      `private.has_role(of_org => ${uuid}, wanted => 'a')`,
    ]);
  }

  #source(scope: Scope): { readonly name: 'm' | 'o'; readonly alias: string; readonly scope: Scope } {
    const name = this.#random.pick(['m', 'o'] as const);
    const alias = `x${(this.#aliases += 1)}`;
    const columns = WITNESS[name].map((column) => ({ ...column, sql: `${alias}.${column.name}` }));
    const inner = { columns: [...columns, ...columns, ...scope.columns], depth: 1, nesting: scope.nesting + 1 };
    return { name, alias, scope: inner };
  }

  /** FROM with its WHERE. */
  #from(scope: Scope): string {
    const { name, alias, scope: inner } = this.#source(scope);
    const where = `WHERE ${this.#condition({ ...inner, depth: this.#random.below(2) }).text}`;
    if (this.#random.chance(75)) return `api.${name} AS ${alias} ${where}`;
    const other = this.#source(inner);
    const on = this.#condition({ ...other.scope, depth: 0, nesting: 2 }).text;
    const join = this.#random.pick(['JOIN', 'JOIN', 'LEFT JOIN', 'CROSS JOIN']);
    return `api.${name} AS ${alias} ${join} api.${other.name} AS ${other.alias} ${join === 'CROSS JOIN' ? '' : `ON ${on}`} ${where}`;
  }

  #query(scope: Scope): string {
    if (this.#random.chance(85)) return `SELECT 1 FROM ${this.#from(scope)}`;
    return this.#random.pick([
      `SELECT 1 FROM ${this.#from(scope)} UNION SELECT 2 FROM ${this.#from(scope)}`,
      `WITH c(k, r) AS (SELECT user_id, role FROM api.m WHERE active) SELECT 1 FROM c WHERE c.k = ${this.#value('int', scope, 0)}`,
      `SELECT 1 FROM ${this.#from(scope)} LIMIT 1`,
      `SELECT 1 FROM (VALUES (1, 'a'), (7, NULL)) AS w(i, t) WHERE w.i = ${this.#value('int', scope, 0)}`,
    ]);
  }

  #inQuery(scope: Scope): string {
    const { name, alias, scope: inner } = this.#source(scope);
    const column = this.#random.pick(WITNESS[name]);
    const value = this.#value(column.type, scope, 0);
    const query = `SELECT ${alias}.${column.name} FROM api.${name} AS ${alias} WHERE ${this.#condition({ ...inner, depth: 0 }).text}`;
    return this.#random.pick([
      `${value} IN (${query})`,
      `${value} NOT IN (${query})`,
      `${value} = ANY (ARRAY(${query}))`,
      `${value} <> ALL (ARRAY(${query}))`,
      `${value} = ANY ((SELECT array_agg(${alias}.${column.name}) FROM api.${name} AS ${alias})::${column.type}[])`,
      `${value} IN (${query} UNION ALL SELECT ${this.#constant(column.type)})`,
      `${value} = (${query})`,
      `(${query} LIMIT 1) IS NOT NULL`,
    ]);
  }

  #derived(scope: Scope): string {
    const random = this.#random;
    return random.pick([
      `EXISTS (SELECT 1 FROM (SELECT org AS g, user_id AS h FROM api.m WHERE active IS NOT FALSE) AS q WHERE q.g = ${this.#value('uuid', scope, 0)} AND q.h = ${this.#value('int', scope, 0)})`,
      `(SELECT bool_or(open) FROM api.o WHERE o.id = ${this.#value('uuid', scope, 0)})`,
      `(SELECT bool_and(active) FROM api.m WHERE m.user_id = ${this.#value('int', scope, 0)}) IS NOT FALSE`,
      `(SELECT count(role) FROM api.m WHERE m.org = ${this.#value('uuid', scope, 0)}) = 0`,
    ]);
  }

  #constant(type: Type): string {
    return `${quoted(this.#random.pick(POOL[type]))}::${type}`;
  }

  #value(type: Type, scope: Scope, depth: number): string {
    const random = this.#random;
    const columns = scope.columns.filter((column) => column.type === type);
    if (columns.length > 0 && random.chance(55)) return random.pick(columns).sql;
    const inner = () => this.#value(type, scope, depth - 1);
    if (depth > 0 && random.chance(35)) {
      switch (random.below(5)) {
        case 0:
          return `coalesce(${inner()}, ${inner()})`;
        case 1:
          return `nullif(${inner()}, ${inner()})`;
        case 2:
          return `CASE WHEN ${this.#condition({ ...scope, depth: 0, nesting: 2 }).text} THEN ${inner()} ELSE ${inner()} END`;
        case 3:
          if (type === 'int') return `(${inner()} ${random.pick(['+', '-', '*'])} ${random.pick(['1', '2'])})`;
          return `CASE ${this.#value('int', scope, 0)} WHEN 1 THEN ${inner()} WHEN 7 THEN ${inner()} END`;
        default:
          return this.#cast(type, scope);
      }
    }
    const claims = CLAIMS[type];
    if (claims && random.chance(65)) return this.#claim(type, random.pick(claims));
    if (type === 'timestamptz' && random.chance(30)) return 'now()';
    return random.chance(6) ? `NULL::${type}` : this.#constant(type);
  }

  #cast(type: Type, scope: Scope): string {
    switch (type) {
      case 'text':
        return `(${this.#value(this.#random.pick(['int', 'uuid', 'bool', 'api.mood'] as const), scope, 0)})::text`;
      case 'numeric':
        return `(${this.#value('int', scope, 0)})::numeric`;
      case 'int':
        return `(${this.#value('bool', scope, 0)})::int`;
      default:
        return `private.try_cast(${this.#value('text', scope, 0)}, NULL::${type})`;
    }
  }

  #claim(type: Type, path: readonly string[]): string {
    const random = this.#random;
    const settings = "nullif(current_setting('request.jwt.claims', true), '')";
    const names = path.map(quoted).join(', ');
    const steps = path.map(quoted);
    const arrows = [...steps.slice(0, -1).map((step) => ` -> ${step}`), ` ->> ${steps.at(-1)!}`].join('');
    const text = random.pick([
      `(${settings}::json${arrows})`,
      `(${settings}::jsonb${arrows})`,
      `(${settings}::json #>> '{${path.join(',')}}')`,
      `private.claim(${names})`,
      `(SELECT private.claim(${names}))`,
      `(current_setting('request.jwt.claims', true)::jsonb${arrows})`,
    ]);
    if (type === 'text') return text;
    if (type === 'int' && path.length === 1 && random.chance(25))
      return random.pick(['private.uid()', '(SELECT private.uid())']);
    return random.chance(70) ? `private.try_cast(${text}, NULL::${type})` : `(${text})::${type}`;
  }
}
