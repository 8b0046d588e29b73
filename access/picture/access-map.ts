import type { RowCommand } from '../../audit/anywhere/survey.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';

/** Rules of who can do what in a database, by its grants and policies, whatever its rows are. Plain data. */
export interface AccessMap {
  /** Name of the declaration, or else of the database. */
  readonly name: string;
  /** True if each cell, and each function, tells how it differs from a declaration. */
  readonly isCompared: boolean;
  /** Roles of requests, the anonymous one first. */
  readonly roles: readonly MappedRole[];
  /** Tables and views that requests reach. */
  readonly relations: readonly MappedRelation[];
  /** Functions that requests may name. */
  readonly functions: readonly MappedFunction[];
}

/** A role of requests. */
export interface MappedRole {
  readonly name: string;
  /** True for the role of requests without a token. */
  readonly isAnonymous: boolean;
  /** Roles whose privileges it has as well. */
  readonly inherits: readonly string[];
  /** The reason why no policy binds the role, such as `is a superuser`; absent for most. */
  readonly unbound?: string;
}

/** A table or view, with a cell for each role and command. */
export interface MappedRelation extends QualifiedName {
  readonly kind: 'table' | 'view' | 'materialized view' | 'foreign table';
  /** True if a request can name it. A table below a view need not be. */
  readonly isExposed: boolean;
  /** Names of the columns. */
  readonly columns: readonly string[];
  /** Sentences about the whole relation, such as one about whose rights count in a view. */
  readonly notes: readonly string[];
  readonly cells: readonly MapCell[];
}

/** Access of one role by one command, as grants and policies of the database give it. */
export interface CellAccess {
  /** Rows: all, some or none; `refused` without a grant. */
  readonly reach: 'all' | 'some' | 'none' | 'refused';
  /** The rule in words, such as `rows of their tenant`; empty where the command is refused. */
  readonly words: string;
  /** Columns that are granted. @default all */
  readonly columns?: readonly string[];
  /** Grants that count, as SQL. */
  readonly grants: readonly string[];
  /** Policies that decide, the permissive ones first. */
  readonly policies: readonly MappedPolicy[];
}

/** A cell of the map. */
export interface MapCell extends CellAccess {
  readonly role: string;
  readonly command: RowCommand;
  /** The declared access, where the database has another one. */
  readonly declared?: CellAccess;
}

/** A policy that decides for a role and a command. */
export interface MappedPolicy {
  readonly name: string;
  /** True if all restrictive policies must pass; of permissive ones, one is enough. */
  readonly isRestrictive: boolean;
  readonly words: string;
  /** The statement that makes it. */
  readonly sql: string;
}

/** A function that requests may name, and the roles that may call it. */
export interface MappedFunction extends QualifiedName {
  /** Name with the types of its arguments. */
  readonly signature: string;
  /** True if it runs with the rights of its owner (SECURITY DEFINER). */
  readonly isDefiner: boolean;
  readonly owner: string;
  /** Tables and views that its text names. */
  readonly reads: readonly string[];
  /** Roles that may call it. */
  readonly roles: readonly string[];
  /** Grants that count, as SQL. */
  readonly grants: readonly string[];
  /** Roles that may call it by the declaration, where those are others. */
  readonly declaredRoles?: readonly string[];
}
