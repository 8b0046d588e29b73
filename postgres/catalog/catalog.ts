import type { Grant } from './acl.ts';

export interface CatalogSchema {
  readonly name: string;
  readonly owner: string;
  /** True if it has a table for the migrations that have run. */
  readonly bookkeeping: boolean;
  readonly grants: readonly Grant[];
}

export interface CatalogRelation {
  readonly schema: string;
  readonly name: string;
  /** pg_class.relkind */
  readonly kind: 'r' | 'p' | 'v' | 'm' | 'f' | 'S';
  readonly owner: string;
  readonly row_security: boolean;
  readonly force_row_security: boolean;
  readonly security_invoker: boolean;
  readonly extension: boolean;
  /** The table whose column a sequence serves. */
  readonly sequence_of: string | null;
  readonly columns: readonly string[];
  /** Type of each column, in their order: pg_type.typname, of a domain that of its base type; `enum` for enums. */
  readonly types: readonly string[];
  /** Columns that are the first of an index. */
  readonly indexed_columns: readonly string[];
  /** Columns whose collation takes different texts for the same. */
  readonly nondeterministic_columns: readonly string[];
  readonly grants: readonly Grant[];
  readonly column_grants: readonly (Grant & { readonly column: string })[];
}

export interface CatalogFunction {
  readonly schema: string;
  readonly name: string;
  /** Quoted name with argument types, as SQL. */
  readonly signature: string;
  readonly owner: string;
  readonly arguments: readonly string[];
  readonly security_definer: boolean;
  readonly search_path_set: boolean;
  /** Written as `name=value`. */
  readonly settings: readonly string[];
  /** LEAKPROOF: Postgres may run the function on rows before a policy filters them. */
  readonly leakproof: boolean;
  /** A trusted language, which keeps to the caller's privileges. */
  readonly trusted: boolean;
  /** The body resolves its names only when it runs, so that Postgres records no dependencies. */
  readonly body_is_text: boolean;
  /** Extension that it belongs to. */
  readonly extension: string | null;
  /** True for a function of an extension, or of a range type, whose owner and grants the connected role cannot change. */
  readonly fixed: boolean;
  /** True for a function that its extension lets PUBLIC execute. */
  readonly left_to_public: boolean;
  readonly definition: string;
  readonly comment: string;
  readonly grants: readonly Grant[];
}

export interface CatalogType {
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  /** Values of an enum. */
  readonly labels: readonly string[] | null;
  readonly grants: readonly Grant[];
}

export interface CatalogPolicy {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly permissive: boolean;
  /** Null for all commands. */
  readonly command: 'select' | 'insert' | 'update' | 'delete' | null;
  /** Quoted names of the roles that it binds; null for all. */
  readonly roles: readonly string[] | null;
  readonly definition: string;
  readonly comment: string;
}

export interface CatalogTrigger {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  /** True if it is enabled as well. */
  readonly definition: string;
  readonly comment: string;
}

/** A default of a column that calls a function in the managed schemas. */
export interface CatalogFunctionDefault {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly function_schema: string;
  readonly function: string;
  readonly function_comment: string;
  readonly definition: string;
}

export interface CatalogRule {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
}

/** An object that a statement on a relation, a function or a type also runs. */
export interface CatalogDependency {
  readonly kind: 'relation' | 'function' | 'type';
  /** Schema of a relation; empty for a function or a type, whose name is SQL. */
  readonly schema: string;
  readonly name: string;
  /** Commands that need it; null for all. */
  readonly commands: readonly ('select' | 'insert' | 'update' | 'delete')[] | null;
  /** Roles that a policy binds; null for all. */
  readonly roles: readonly string[] | null;
  /** Column that a statement has to name; null if it need not. */
  readonly column: string | null;
  /** Kind of the needed object. Firing a trigger needs no privilege on its function. */
  readonly needs: 'function' | 'trigger' | 'sequence' | 'relation' | 'type';
  readonly needs_schema: string;
  readonly needs_name: string;
  /** True for a cast that PostgREST may take for the representation of a domain. */
  readonly representation: boolean;
  /** False for what comes with a type: only some requests need it. */
  readonly certain: boolean;
}

/** A trigger whose function runs with its owner's rights. */
export interface CatalogDefinerTrigger {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly function: string;
  readonly function_schema: string;
  readonly function_name: string;
  readonly function_owner: string;
  readonly search_path_set: boolean;
}

export interface CatalogDefaultPrivileges {
  readonly role: string;
  readonly schema: string | null;
  /** pg_default_acl.defaclobjtype */
  readonly kind: 'r' | 'S' | 'f' | 'T' | 'n' | 'L';
  readonly grants: readonly Grant[];
}

/** That one role is a member of another, and what it has from that. */
export interface CatalogMembership {
  readonly role: string;
  readonly grantor: string;
  /** True if it may make others members. */
  readonly admin: boolean;
  /** True if it has the role's privileges without becoming it. */
  readonly inherit: boolean;
  /** True if it may become the role. */
  readonly set: boolean;
}

export interface CatalogRole {
  readonly name: string;
  readonly superuser: boolean;
  readonly inherit: boolean;
  readonly create_role: boolean;
  readonly create_database: boolean;
  readonly login: boolean;
  readonly replication: boolean;
  readonly bypass_rls: boolean;
  readonly settings: readonly string[];
  readonly has_database_settings: boolean;
  readonly memberships: readonly CatalogMembership[];
  readonly owns_objects: boolean;
}

/** An object of any kind, as Postgres describes and identifies it. */
export interface CatalogObject {
  /** pg_describe_object: not quoted in every kind. */
  readonly object: string;
  /** The type that pg_identify_object names. */
  readonly kind: string;
  readonly schema: string | null;
  /** The identity of pg_identify_object: quoted where it has to be. */
  readonly identity: string;
}

/** A grant to an API role or the authenticator outside of the managed schemas. */
export interface CatalogGrantElsewhere extends CatalogObject {
  readonly role: string;
  /** A function, a type, or a schema to find such in. */
  readonly usage_only: boolean;
}

/** A member of a declared role that is not declared itself. */
export interface CatalogOtherMember {
  readonly role: string;
  readonly member: string;
}

/** A setting that every session of the database begins with, such as PostgREST's. */
export interface CatalogSettingForAll {
  readonly object: string;
  /** Beginning of the statement that changes the object's settings. */
  readonly alter: string;
  /** Written as `name=value`. */
  readonly setting: string;
  /** The setting opens nothing by itself. */
  readonly minor: boolean;
}

/** A function outside of the managed schemas that requests may call, and that runs with other rights than theirs. */
export interface CatalogPrivilegedFunction {
  readonly schema: string;
  readonly name: string;
  /** Quoted name with argument types, as SQL. */
  readonly function: string;
  readonly owner: string;
  readonly definer: boolean;
  /** Those that change whose rights count, as `name=value`. */
  readonly settings: readonly string[];
  /** An untrusted language, which keeps to no privileges. */
  readonly untrusted: boolean;
  readonly extension: boolean;
  /** The function is in a schema that requests may use. */
  readonly found_by_name: boolean;
  /** Managed objects, and types to cast to, that rest on it. */
  readonly used_by: readonly string[];
}

/** A grant to PUBLIC outside of the managed schemas, made by neither initdb nor an extension. */
export interface CatalogPublicGrant extends CatalogObject {
  /** The column that is granted; null: the whole object. */
  readonly column: string | null;
  readonly privileges: string;
  readonly used_by: readonly string[];
}

/** A managed table that shares rows with another one. */
export interface CatalogInheritance {
  readonly table: string;
  readonly other: string;
  /** The other table is the child, not the parent. */
  readonly is_child: boolean;
  /** The other table's name as SQL; `own_name` is that of the managed table. */
  readonly name: string;
  readonly own_name: string;
  readonly own_schema: string;
  readonly own_table: string;
  /** The other table is outside of the managed schemas. */
  readonly elsewhere: boolean;
  readonly child_schema: string;
  readonly child_name: string;
}

/** A table of the package itself. */
export interface CatalogOwnTable {
  readonly schema: string;
  readonly name: string;
  /** pg_class.relkind */
  readonly kind: string;
  /** pg_class.relpersistence */
  readonly persistence: string;
  readonly row_security: boolean;
  readonly policies: readonly string[];
  readonly triggers: readonly string[];
  readonly rules: readonly string[];
  /** Parents and children. */
  readonly relatives: readonly string[];
  /** Columns and constraints. */
  readonly definition: string;
}

/** Default privileges on objects that a role other than the owner makes. */
export interface CatalogWiderDefault {
  readonly role: string;
  /** pg_default_acl.defaclobjtype */
  readonly kind: 'r' | 'S' | 'f' | 'T';
  readonly grantee: string;
  readonly privileges: string;
}

/** Something in pg_catalog, or a cast between Postgres' own types, that neither initdb nor an extension has made. */
export interface CatalogBuiltInChange extends CatalogObject {
  readonly cast: boolean;
  /** SQL that reverts the change. */
  readonly command: string;
}

export interface CatalogSubscribedTable {
  readonly schema: string;
  readonly table: string;
}

/** An event trigger whose function is no superuser's. */
export interface CatalogEventTrigger {
  readonly name: string;
  readonly function: string;
  readonly owner: string;
}

export interface CatalogPublishedTable {
  readonly schema: string;
  readonly table: string;
  readonly publication: string;
}

/** A column of a type that has operators of its own, outside of Postgres' own schema. */
export interface CatalogOperatorType {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly type: string;
  /** Schemas of the operators. */
  readonly operator_schemas: readonly string[];
  /** Those of them that a role with a grant on the table may not use. */
  readonly closed_schemas: readonly string[];
}

/** An extension with objects in a managed schema. */
export interface CatalogExtension {
  readonly name: string;
  readonly schema: string;
  /** True if ALTER EXTENSION can move it to another schema. */
  readonly relocatable: boolean;
}

export interface CatalogDatabase {
  readonly name: string;
  readonly admin: string;
  readonly admin_is_superuser: boolean;
  readonly version: number;
  /** True if it is the copy of another one, and can only be read. */
  readonly standby: boolean;
  /** True if the admin owns the database. */
  readonly owned: boolean;
  /** Grants to PUBLIC and the declared roles only: a database may serve others as well. */
  readonly grants: readonly Grant[];
}

/** Present content of a database, within a {@link CatalogScope}. */
export interface Catalog {
  readonly database: CatalogDatabase;
  readonly roles: readonly CatalogRole[];
  readonly schemas: readonly CatalogSchema[];
  readonly relations: readonly CatalogRelation[];
  readonly functions: readonly CatalogFunction[];
  readonly types: readonly CatalogType[];
  readonly policies: readonly CatalogPolicy[];
  readonly triggers: readonly CatalogTrigger[];
  readonly rules: readonly CatalogRule[];
  readonly dependencies: readonly CatalogDependency[];
  readonly functionDefaults: readonly CatalogFunctionDefault[];
  readonly definerTriggers: readonly CatalogDefinerTrigger[];
  readonly grantsElsewhere: readonly CatalogGrantElsewhere[];
  readonly otherMembers: readonly CatalogOtherMember[];
  readonly settingsForAll: readonly CatalogSettingForAll[];
  readonly publishedTables: readonly CatalogPublishedTable[];
  readonly subscribedTables: readonly CatalogSubscribedTable[];
  readonly defaultPrivileges: readonly CatalogDefaultPrivileges[];
  readonly widerDefaults: readonly CatalogWiderDefault[];
  readonly privilegedFunctions: readonly CatalogPrivilegedFunction[];
  readonly publicGrants: readonly CatalogPublicGrant[];
  readonly inheritance: readonly CatalogInheritance[];
  readonly ownTables: readonly CatalogOwnTable[];
  readonly builtInChanges: readonly CatalogBuiltInChange[];
  readonly eventTriggers: readonly CatalogEventTrigger[];
  readonly extensions: readonly CatalogExtension[];
  readonly operatorTypes: readonly CatalogOperatorType[];
}
