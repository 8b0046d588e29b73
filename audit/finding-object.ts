import type { CatalogRelation } from '../postgres/catalog/catalog.ts';
import type { QualifiedName } from '../postgres/qualified-name.ts';

/** The object that a finding is about. */
export interface FindingObject {
  /** Kind as `pg_identify_object` names it, such as `table` or `function`; also `server` and `declared object`. */
  readonly kind: string;
  readonly schema?: string;
  /** Name without quotes. Outside of the managed schemas it can be Postgres' identity: quoted, with its schema. */
  readonly name: string;
  /** Types of a function's arguments, where they are known by themselves. */
  readonly arguments?: readonly string[];
  /** The table that a column, a trigger, a rule or a policy is part of. */
  readonly table?: string;
  /** The object as texts name it. */
  readonly text: string;
}

const RELATION_KINDS: Readonly<Record<CatalogRelation['kind'], string>> = {
  r: 'table',
  p: 'table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  S: 'sequence',
};

/** A table, a view, or another relation. */
export function relationObject({ schema, name, kind = 'r' }: QualifiedName & Partial<Pick<CatalogRelation, 'kind'>>) {
  return { kind: RELATION_KINDS[kind], schema, name, text: `${schema}.${name}` } satisfies FindingObject;
}

/** A column of a table. */
export function columnObject({ schema, name: table }: QualifiedName, column: string): FindingObject {
  return { kind: 'table column', schema, table, name: column, text: `${schema}.${table}.${column}` };
}

/** A trigger, a rule or a policy, which is part of a table. */
export function partObject(
  kind: 'trigger' | 'rule' | 'policy' | 'constraint',
  { schema, table, name }: QualifiedName & { readonly table: string },
): FindingObject {
  return { kind, schema, table, name, text: `${kind} ${name} of ${schema}.${table}` };
}

/** A function or a procedure; `signature` is its name with argument types, as SQL. */
export function functionObject({
  schema,
  name,
  signature: text,
  ...parts
}: QualifiedName & { readonly signature: string; readonly arguments?: readonly string[] }): FindingObject {
  return { kind: 'function', schema, name, ...(parts.arguments && { arguments: parts.arguments }), text };
}

/** An object without a schema, whose text is its kind and its name. */
export function namedObject(kind: 'role' | 'database' | 'schema' | 'event trigger', name: string): FindingObject {
  return { kind, name, text: `${kind} ${name}` };
}
