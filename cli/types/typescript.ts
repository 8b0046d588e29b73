import { escapeUnseen } from '../../errors/visible.ts';
import { qualifiedName } from './qualified-name.ts';
import type { Column, DatabaseTypes, FunctionType, Oid, Relation } from './database-types.ts';
import { relationshipsOf, type Relationship } from './relationships.ts';

/** The schemas and roles of a declaration. */
export interface TypedNames {
  readonly schemas: readonly string[];
  readonly internalSchemas: readonly string[];
  readonly roles: readonly string[];
  /** @default not known */
  readonly owner?: string | undefined;
  /** PostgREST's version, from which postgrest-js knows what it can do. */
  readonly postgrestVersion: string;
}

/** TypeScript's type for a value of Postgres in JSON, by the name of its type; other types are `unknown`. */
const SCALARS: Readonly<Record<string, string>> = {
  ...named('number', 'int2 int4 int8 float4 float8 numeric oid'),
  ...named('boolean', 'bool'),
  ...named('Json', 'json jsonb'),
  ...named('undefined', 'void'),
  ...named('Record<string, unknown>', 'record'),
  ...named(
    'string',
    'text varchar bpchar char name citext uuid date time timetz timestamp timestamptz interval bytea bit varbit inet cidr macaddr macaddr8 money xml',
  ),
  ...named('string', 'tsvector tsquery ltree lquery int4range int8range numrange tsrange tstzrange daterange'),
};

function named(type: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, type]));
}

/** First line of what is written. */
export const TYPES_HEADER = '// Written by `secured-postgrest gen types`: do not change it.';

/** Writes the types of a database: `Database` for postgrest-js, and `Names` for a declaration. */
export function typeScript(database: DatabaseTypes, names: TypedNames): string {
  const writer = new Writer(database, names);
  return [
    TYPES_HEADER,
    '',
    'export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];',
    '',
    '/** The API, for `new PostgrestClient<Database>(url)` of `@supabase/postgrest-js`. */',
    `export type Database = ${writer.database()};`,
    '',
    '/** Names for `declare<Names>(...)`: a misspelt one is a compile error. */',
    `export type Names = ${writer.names()};`,
    '',
  ].join('\n');
}

class Writer {
  readonly #database: DatabaseTypes;
  readonly #names: TypedNames;
  readonly #relationships: ReadonlyMap<Oid, readonly Relationship[]>;

  constructor(database: DatabaseTypes, names: TypedNames) {
    this.#database = database;
    this.#names = names;
    const exposed = database.relations.filter(({ schema }) => names.schemas.includes(schema));
    this.#relationships = relationshipsOf({ ...database, relations: exposed });
  }

  database(): string {
    const { schemas, postgrestVersion } = this.#names;
    return object([
      ['__InternalSupabase', object([['PostgrestVersion', literal(knownVersion(postgrestVersion))]])],
      ...schemas.map((schema): Member => [schema, this.#schema(schema)]),
    ]);
  }

  names(): string {
    const { schemas, internalSchemas, roles, owner } = this.#names;
    const columns = (views: boolean): Member[] =>
      [...schemas, ...internalSchemas].flatMap((schema) =>
        this.#database.relations
          .filter((relation) => relation.schema === schema && relation.is_view === views)
          .map((relation): Member => [
            qualifiedName(relation, schemas[0]!),
            union((relation.columns ?? []).map(({ name }) => literal(name))),
          ]),
      );
    const functions = [...schemas, ...internalSchemas].flatMap((schema) =>
      this.#database.functions.filter((fn) => fn.schema === schema).map((fn) => qualifiedName(fn, schemas[0]!)),
    );
    return object([
      ['roles', union(roles.map(literal))],
      ...(owner === undefined ? [] : [['owner', literal(owner)] as const]),
      ['tables', object(columns(false))],
      ['views', object(columns(true))],
      ['functions', union([...new Set(functions)].map(literal))],
    ]);
  }

  #schema(schema: string): string {
    const { relations, types } = this.#database;
    const own = relations.filter((relation) => relation.schema === schema);
    const ownTypes = [...types.values()].filter((type) => type.schema === schema);
    return object([
      ['Tables', object(own.filter(({ is_view }) => !is_view).map((table) => [table.name, this.#relation(table)]))],
      ['Views', object(own.filter(({ is_view }) => is_view).map((view) => [view.name, this.#relation(view)]))],
      ['Functions', object(this.#functions(schema))],
      ['Enums', object(ownTypes.flatMap(({ name, labels }) => (labels ? [[name, union(labels.map(literal))]] : [])))],
      [
        'CompositeTypes',
        object(
          ownTypes.flatMap(({ name, attributes }) =>
            attributes
              ? [[name, object(attributes.map(({ name: part, type }) => [part, `${this.#type(type)} | null`]))]]
              : [],
          ),
        ),
      ],
    ]);
  }

  #relation(relation: Relation): string {
    const columns = relation.columns ?? [];
    const written = (isOptional: (column: Column) => boolean) =>
      object(
        columns.map((column): Member =>
          column.is_generated ? [column.name, 'never', true] : [column.name, this.#value(column), isOptional(column)],
        ),
      );
    return object([
      [
        'Row',
        object([...columns.map((column): Member => [column.name, this.#value(column)]), ...this.#fields(relation)]),
      ],
      ...(relation.is_view && !relation.is_writable
        ? []
        : ([
            ['Insert', written((column) => column.has_default || !this.#isNotNull(column))],
            ['Update', written(() => true)],
          ] as Member[])),
      ['Relationships', list((this.#relationships.get(relation.oid) ?? []).map(relationship))],
    ]);
  }

  /** Functions of a row that PostgREST shows as fields of it (computed fields). */
  #fields(relation: Relation): Member[] {
    return this.#database.functions
      .filter((fn) => fn.schema === relation.schema && !fn.returns_set && this.#rowOf(fn) === relation)
      .map((fn) => [fn.name, `${this.#type(fn.returns)} | null`]);
  }

  /** The relation whose rows are the only argument of a function. */
  #rowOf({ types: [type, ...others] }: FunctionType): Relation | undefined {
    return type === undefined || others.length > 0 ? undefined : this.#relationOf(type);
  }

  #relationOf(type: Oid): Relation | undefined {
    const { relation } = this.#database.types.get(type) ?? {};
    return this.#database.relations.find(({ oid }) => oid === relation);
  }

  #functions(schema: string): Member[] {
    const own = this.#database.functions
      .filter((fn) => fn.schema === schema)
      .flatMap((fn) => {
        const args = this.#arguments(fn);
        return args === undefined ? [] : [{ name: fn.name, type: this.#function(fn, args) }];
      });
    return [...new Set(own.map(({ name }) => name))].map((name) => [
      name,
      own
        .filter((fn) => fn.name === name)
        .map(({ type }) => type)
        .join(' | '),
    ]);
  }

  /** The arguments of a function, or nothing where it cannot be called by their names. */
  #arguments(fn: FunctionType): string | undefined {
    const inputs = fn.types
      .map((type, index) => ({ type, name: fn.names?.[index] ?? '', mode: fn.modes?.[index] ?? 'i' }))
      .filter(({ mode }) => ['i', 'b', 'v'].includes(mode));
    if (this.#rowOf(fn)) return fn.returns_set ? object([['', this.#type(inputs[0]!.type)]]) : undefined;
    if (inputs.length === 0) return 'Record<PropertyKey, never>';
    if (inputs.some(({ name }) => name === '')) return undefined;
    const required = inputs.length - fn.defaults;
    return object(inputs.map(({ name, type }, index): Member => [name, this.#type(type), index >= required]));
  }

  #function(fn: FunctionType, args: string): string {
    const outputs = fn.types
      .map((type, index) => ({ type, name: fn.names?.[index] ?? '', mode: fn.modes?.[index] ?? 'i' }))
      .filter(({ mode }) => ['o', 'b', 't'].includes(mode));
    const relation = this.#relationOf(fn.returns);
    const returned =
      outputs.length > 1 || (outputs.length === 1 && outputs[0]!.mode === 't')
        ? object(outputs.map(({ name, type }): Member => [name, this.#type(type)]))
        : this.#type(fn.returns);
    return object([
      ['Args', args],
      ['Returns', fn.returns_set ? array(returned) : returned],
      ...(relation && this.#names.schemas.includes(relation.schema)
        ? ([
            [
              'SetofOptions',
              object([
                ['from', literal(this.#rowOf(fn)?.name ?? '*')],
                ['to', literal(relation.name)],
                ['isOneToOne', String(!fn.returns_set || fn.returns_one)],
                ['isSetofReturn', String(fn.returns_set)],
              ]),
            ],
          ] as Member[])
        : []),
    ]);
  }

  #value(column: Column): string {
    const type = this.#type(column.type);
    return this.#isNotNull(column) ? type : `${type} | null`;
  }

  #isNotNull(column: Column): boolean {
    const isNotNull = (oid: Oid | null | undefined): boolean => {
      const type = oid == null ? undefined : this.#database.types.get(oid);
      return type !== undefined && (type.not_null || isNotNull(type.base));
    };
    return column.not_null || isNotNull(column.type);
  }

  #type(oid: Oid): string {
    const type = this.#database.types.get(oid);
    if (!type) return 'unknown';
    if (type.element !== null) return array(this.#type(type.element));
    if (type.base !== null) return this.#type(type.base);
    const { schemas } = this.#names;
    const part = (kind: string, name: string) =>
      `Database[${literal(type.schema)}][${literal(kind)}][${literal(name)}]`;
    if (type.labels) {
      return schemas.includes(type.schema) ? part('Enums', type.name) : union(type.labels.map(literal));
    }
    if (type.attributes && schemas.includes(type.schema)) return part('CompositeTypes', type.name);
    const relation = type.relation === null ? undefined : this.#relationOf(oid);
    if (relation && schemas.includes(relation.schema)) {
      return `${part(relation.is_view ? 'Views' : 'Tables', relation.name)}['Row']`;
    }
    return (Object.hasOwn(SCALARS, type.name) && SCALARS[type.name]) || 'unknown';
  }
}

/** Newest major version of PostgREST that postgrest-js knows: it takes later ones for 12. */
const NEWEST_KNOWN = 14;

function knownVersion(version: string): string {
  return Number.parseInt(version, 10) > NEWEST_KNOWN ? String(NEWEST_KNOWN) : version;
}

type Member = readonly [name: string, type: string, optional?: boolean];

function relationship({ isOneToOne, columns, referencedColumns, ...names }: Relationship): string {
  return object([
    ['foreignKeyName', literal(names.foreignKeyName)],
    ['columns', tuple(columns)],
    ['isOneToOne', String(isOneToOne)],
    ['referencedRelation', literal(names.referencedRelation)],
    ['referencedColumns', tuple(referencedColumns)],
  ]);
}

/** An object type, a member a line; without members one that has none, as `Record` would have every one. */
function object(members: readonly Member[]): string {
  if (members.length === 0) return '{ [_ in never]: never }';
  const lines = members.map(([name, type, optional]) => `${key(name)}${optional ? '?' : ''}: ${type};`);
  return `{\n${indented(lines.join('\n'))}\n}`;
}

function list(types: readonly string[]): string {
  return types.length === 0 ? '[]' : `[\n${indented(types.map((type) => `${type},`).join('\n'))}\n]`;
}

function tuple(names: readonly string[]): string {
  return `[${names.map(literal).join(', ')}]`;
}

function array(type: string): string {
  return /^[\w.]+$|\]$/.test(type) ? `${type}[]` : `(${type})[]`;
}

function union(types: readonly string[]): string {
  return types.length === 0 ? 'never' : types.join(' | ');
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name);
}

function literal(text: string): string {
  const escaped = escapeUnseen(JSON.stringify(text).slice(1, -1));
  return `'${escaped.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
