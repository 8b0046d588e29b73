import type { Grant } from '../../postgres/catalog/acl.ts';

/** Commands on rows. */
export const COMMANDS = ['select', 'insert', 'update', 'delete'] as const;
export type RowCommand = (typeof COMMANDS)[number];

export interface SurveyedServer {
  /** server_version_num */
  readonly version: number;
  readonly database: string;
  /** The role that asks. */
  readonly user: string;
  readonly owner: string;
  readonly grants: readonly Grant[];
  /** There are collations in which texts are equal that are not the same. */
  readonly vague_texts: boolean;
  /** Some of the server's settings; none that the surveying role or its database changes. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface SurveyedRole {
  readonly name: string;
  readonly superuser: boolean;
  readonly inherit: boolean;
  readonly create_role: boolean;
  readonly create_database: boolean;
  readonly login: boolean;
  readonly replication: boolean;
  readonly bypass_rls: boolean;
}

export interface SurveyedMembership {
  readonly member: string;
  readonly role: string;
  readonly admin: boolean;
  readonly inherit: boolean;
  readonly set: boolean;
}

/** A setting with which sessions begin. */
export interface SurveyedSetting {
  /** The role that it is for; null for every one. */
  readonly role: string | null;
  /** True where it is for this database only. */
  readonly here: boolean;
  readonly name: string;
  readonly value: string;
}

export interface SurveyedSchema {
  readonly name: string;
  readonly owner: string;
  readonly grants: readonly Grant[];
  readonly extension: boolean;
}

export interface SurveyedColumn {
  readonly name: string;
  /** SQL of the type, without length or precision. */
  readonly type: string;
  readonly required: boolean;
  /** Postgres makes the value: a generated or an identity column. */
  readonly generated: boolean;
  /** SQL of the default, or of a generated column; null without one. */
  readonly default: string | null;
  /** Labels of an enum; null for another type. */
  readonly labels: readonly string[] | null;
  readonly grants: readonly Grant[];
}

export interface SurveyedIndex {
  readonly name: string;
  readonly unique: boolean;
  readonly primary: boolean;
  /** Condition of a partial index, as SQL. */
  readonly predicate: string | null;
  readonly constraint: boolean;
  /** Columns, and expressions as SQL. */
  readonly keys: readonly string[];
}

/** What a foreign key does to rows when the row that they reference is deleted or gets another key. */
export type ReferenceAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';

export interface SurveyedReference {
  readonly name: string;
  readonly columns: readonly string[];
  readonly referenced: SurveyedRelation;
  /** Columns of the referenced relation, in the order of `columns`. */
  readonly referenced_columns: readonly string[];
  readonly on_delete: ReferenceAction;
  readonly on_update: ReferenceAction;
  /** Columns that `ON DELETE SET NULL (…)` names; empty for all. */
  readonly set_columns: readonly string[];
}

export interface SurveyedPolicy {
  readonly id: string;
  readonly relation: SurveyedRelation;
  readonly name: string;
  readonly permissive: boolean;
  /** Null for all commands. */
  readonly command: RowCommand | null;
  /** Names; `public` for every role. */
  readonly roles: readonly string[];
  /** Condition as Postgres shows it; null where there is none. */
  readonly using: string | null;
  readonly check: string | null;
  readonly reads: readonly SurveyedRelation[];
  readonly calls: readonly SurveyedFunction[];
}

export interface SurveyedTrigger {
  readonly name: string;
  readonly function: SurveyedFunction | undefined;
  readonly on: readonly RowCommand[];
  /** It runs before each row is written, and may change it. */
  readonly before: boolean;
  readonly enabled: boolean;
}

export interface SurveyedRule {
  readonly name: string;
  readonly command: RowCommand;
  readonly definition: string;
}

/** A table, a view, or another relation of any schema but Postgres' own. */
export interface SurveyedRelation {
  readonly id: string;
  readonly schema: string;
  readonly name: string;
  /** pg_class.relkind */
  readonly kind: 'r' | 'p' | 'v' | 'm' | 'f' | 'S';
  readonly owner: string;
  readonly row_security: boolean;
  readonly force_row_security: boolean;
  readonly partition: boolean;
  /** Estimated number of rows; below 0 if it is not known. */
  readonly rows: number;
  readonly security_invoker: boolean;
  readonly security_barrier: boolean;
  /** A view lets no row be written that it would not show. */
  readonly check_option: boolean;
  readonly grants: readonly Grant[];
  readonly extension: string | null;
  /** Query of a view or a materialized view. */
  readonly definition: string | null;
  /** Commands that a view passes on, by itself or by INSTEAD OF triggers. */
  readonly writable: readonly RowCommand[];
  readonly columns: readonly SurveyedColumn[];
  /** Conditions of CHECK constraints that every row fulfils, as SQL. */
  readonly checks: readonly string[];
  readonly indexes: readonly SurveyedIndex[];
  readonly references: readonly SurveyedReference[];
  readonly policies: readonly SurveyedPolicy[];
  readonly triggers: readonly SurveyedTrigger[];
  readonly rules: readonly SurveyedRule[];
  readonly parents: readonly SurveyedRelation[];
  readonly children: readonly SurveyedRelation[];
  /** Relations that a view reads by itself, and functions that it, or a default of the table, calls. */
  readonly reads: readonly SurveyedRelation[];
  readonly calls: readonly SurveyedFunction[];
  /** Publications that send its rows. */
  readonly published: readonly { readonly name: string; readonly filtered: boolean }[];
  /** Subscriptions that write its rows. */
  readonly subscriptions: readonly string[];
}

export interface SurveyedFunction {
  readonly id: string;
  readonly schema: string;
  readonly name: string;
  /** Quoted name with the types of its arguments, as SQL. */
  readonly signature: string;
  readonly owner: string;
  /** pg_proc.prokind */
  readonly kind: 'f' | 'p' | 'w';
  readonly security_definer: boolean;
  readonly leakproof: boolean;
  readonly volatility: 'i' | 's' | 'v';
  /** It is not run, and its result is null, where an argument is null. */
  readonly strict: boolean;
  readonly language: string;
  readonly trusted: boolean;
  /** Written as `name=value`. */
  readonly settings: readonly string[];
  readonly grants: readonly Grant[];
  /** Types as SQL. */
  readonly arguments: readonly string[];
  readonly argument_names: readonly string[];
  /** The relation whose row is its only argument. */
  readonly of_row: SurveyedRelation | undefined;
  readonly returns: string;
  readonly returns_set: boolean;
  readonly of_triggers: boolean;
  /** Text of the body; empty for an extension's. */
  readonly body: string;
  readonly extension: string | null;
  /** Objects that its parsed body rests on; a body that is text says nothing here. */
  readonly reads: readonly SurveyedRelation[];
  readonly calls: readonly SurveyedFunction[];
}

/** One of Postgres' own functions whose grants are not those of initdb. */
export interface SurveyedServerFunction {
  readonly name: string;
  readonly signature: string;
  readonly grants: readonly Grant[];
}

export interface SurveyedDefaultPrivileges {
  readonly role: string;
  /** Null for every schema. */
  readonly schema: string | null;
  /** pg_default_acl.defaclobjtype */
  readonly kind: 'r' | 'S' | 'f' | 'T' | 'n' | 'L';
  readonly grants: readonly Grant[];
}

export interface SurveyedExtension {
  readonly id: string;
  readonly name: string;
  readonly schema: string;
  readonly relocatable: boolean;
}

export interface SurveyedEventTrigger {
  readonly name: string;
  readonly function: string;
  readonly owner: string;
  readonly extension: boolean;
}

export interface SurveyedLargeObjects {
  readonly owner: string;
  readonly count: number;
  readonly grants: readonly Grant[];
}

export interface SurveyedForeignServer {
  readonly name: string;
  readonly owner: string;
  readonly grants: readonly Grant[];
}

/** Content of a database, as far as access and the speed of its policies are concerned. */
export interface Survey {
  readonly server: SurveyedServer;
  readonly roles: ReadonlyMap<string, SurveyedRole>;
  readonly memberships: readonly SurveyedMembership[];
  readonly settings: readonly SurveyedSetting[];
  readonly schemas: ReadonlyMap<string, SurveyedSchema>;
  readonly relations: readonly SurveyedRelation[];
  readonly functions: readonly SurveyedFunction[];
  readonly serverFunctions: readonly SurveyedServerFunction[];
  readonly defaultPrivileges: readonly SurveyedDefaultPrivileges[];
  readonly extensions: readonly SurveyedExtension[];
  readonly eventTriggers: readonly SurveyedEventTrigger[];
  readonly largeObjects: readonly SurveyedLargeObjects[];
  readonly foreignServers: readonly SurveyedForeignServer[];
}
