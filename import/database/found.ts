import type { QualifiedName } from '../../postgres/qualified-name.ts';
import type { Command } from '../../declaration/types.ts';

export interface FoundRole {
  readonly name: string;
  readonly superuser: boolean;
  readonly bypass_rls: boolean;
  readonly login: boolean;
  /** Every role that it may become, directly or not. */
  readonly member_of: readonly string[];
  /** Every role whose privileges it has without becoming it. */
  readonly inherits: readonly string[];
  /** Written as `name=value`. */
  readonly settings: readonly string[];
}

export interface FoundSchema {
  readonly name: string;
  /** True if something in it is no extension's. */
  readonly filled: boolean;
  readonly extension: boolean;
  /** Roles with USAGE. */
  readonly used_by: readonly string[];
  /** Owners of its views and definer functions. */
  readonly owners: readonly string[];
  /** Roles that grants and policies in it name. */
  readonly named_roles: readonly string[];
}

export interface FoundColumn {
  readonly name: string;
  /** pg_type.typname, of a domain that of its base type; `enum` for enums. */
  readonly type: string;
  /** Type as SQL. */
  readonly format: string;
  readonly nullable: boolean;
  /** True if Postgres computes the value from the row. */
  readonly computed: boolean;
  /** True if the value is computed, or the next number of an identity column. */
  readonly generated: boolean;
  /** True if it is part of a unique key. */
  readonly key: boolean;
  /** Labels of its enum. */
  readonly labels: readonly string[];
}

/** A command that a role may use, on all or on some columns. */
export interface FoundAccess {
  readonly role: string;
  readonly command: Command;
  readonly whole: boolean;
  readonly columns: readonly string[];
}

/** A table or view below a view. */
export interface FoundRead extends QualifiedName {
  /** True if no policy binds the view's owner. */
  readonly unbound: boolean;
  /** Columns that the view uses. */
  readonly columns: readonly string[];
}

export interface FoundRelation extends QualifiedName {
  /** pg_class.relkind */
  readonly kind: 'r' | 'p' | 'v' | 'm' | 'f';
  readonly owner: string;
  readonly row_security: boolean;
  readonly security_invoker: boolean;
  /** True for a partition, or a child of another table. */
  readonly is_child: boolean;
  readonly columns: readonly FoundColumn[];
  readonly access: readonly FoundAccess[];
  /** Commands other than SELECT that it can serve. */
  readonly writable: readonly Command[];
  /** Commands that a view passes on to the table below by itself. */
  readonly passed_on: readonly Command[];
  /** Rules that change what a command does. */
  readonly rules: readonly { readonly name: string; readonly command: Command }[];
  /** Roles that no policy of the table binds. */
  readonly unbound_roles: readonly string[];
  readonly reads: readonly FoundRead[];
}

export interface FoundPolicy {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly permissive: boolean;
  readonly commands: readonly Command[];
  /** Conditions as Postgres shows them. */
  readonly using: string | null;
  readonly check: string | null;
  /** Roles of requests that it binds. */
  readonly roles: readonly string[];
}

export interface FoundFunction extends QualifiedName {
  /** Name with argument types, as SQL. */
  readonly signature: string;
  readonly arguments: readonly string[];
  /** pg_proc.prokind */
  readonly kind: 'f' | 'p' | 'w';
  readonly security_definer: boolean;
  readonly leakproof: boolean;
  readonly owner: string;
  readonly trusted: boolean;
  readonly settings: readonly string[];
  /** Names of those that only a superuser may make. */
  readonly superuser_settings: readonly string[];
  readonly language: string;
  /** Its text; empty for a body that Postgres keeps parsed. */
  readonly body: string;
  /** pg_type.typname of the result. */
  readonly returns: string;
  readonly of_triggers: boolean;
  readonly callable_by: readonly string[];
  /** Roles with USAGE on its schema. */
  readonly found_by: readonly string[];
  /** True if policies, defaults, constraints, views or other functions call it, as Postgres records. */
  readonly needed: boolean;
}

export interface FoundSequence {
  /** Name as SQL. */
  readonly name: string;
  readonly usable_by: readonly string[];
}

export interface FoundTrigger {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly function: string;
  readonly security_definer: boolean;
}

/** Roles, schemas and settings of the whole database. */
export interface FoundOutline {
  readonly roles: readonly FoundRole[];
  readonly schemas: readonly FoundSchema[];
  readonly extensions: readonly { readonly name: string; readonly schema: string }[];
  readonly databaseSettings: readonly string[];
  readonly defaultPrivileges: readonly { readonly role: string; readonly schema: string; readonly kind: string }[];
}

/** The objects in the imported schemas, as far as requests are concerned. */
export interface FoundObjects {
  readonly relations: readonly FoundRelation[];
  readonly policies: readonly FoundPolicy[];
  readonly functions: readonly FoundFunction[];
  readonly triggers: readonly FoundTrigger[];
}
