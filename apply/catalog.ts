import type pg from 'pg';
import { desiredAccess } from '../declaration/access.ts';
import { apiRoles } from '../declaration/roles.ts';
import { packageTemplate } from '../declaration/template.ts';
import type { Declaration } from '../declaration/types.ts';

/** A privilege that somebody other than an object's owner has; PUBLIC is the grantee `public`. */
export interface Grant {
  readonly grantee: string;
  readonly privilege: string;
  readonly grantable: boolean;
}

export interface CatalogSchema {
  readonly name: string;
  readonly owner: string;
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
  readonly identity_sequence: boolean;
  readonly columns: readonly string[];
  /** Columns that are the first of an index. */
  readonly indexed_columns: readonly string[];
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
  readonly extension: boolean;
  readonly definition: string;
  readonly comment: string;
  readonly grants: readonly Grant[];
}

export interface CatalogType {
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  readonly grants: readonly Grant[];
}

export interface CatalogPolicy {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly definition: string;
  readonly comment: string;
}

export interface CatalogRule {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
}

/** A trigger whose function runs with its owner's rights. */
export interface CatalogDefinerTrigger {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly function: string;
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
  /** Whether it may make others members. */
  readonly admin: boolean;
  /** Whether it has the role's privileges without becoming it. */
  readonly inherit: boolean;
  /** Whether it may become the role. */
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

/** What an API role or the authenticator was granted outside of the managed schemas. */
export interface CatalogGrantElsewhere {
  readonly role: string;
  readonly object: string;
  /** A function, a type, or a schema to find such in. */
  readonly usage_only: boolean;
}

/** Somebody who is not declared, but a member of one of the declared roles. */
export interface CatalogOtherMember {
  readonly role: string;
  readonly member: string;
}

/** A setting that every session of the database begins with, such as PostgREST's. */
export interface CatalogSettingForAll {
  readonly object: string;
  /** As `name=value`. */
  readonly setting: string;
}

export interface CatalogPublishedTable {
  readonly schema: string;
  readonly table: string;
  readonly publication: string;
}

export interface CatalogDatabase {
  readonly name: string;
  readonly admin: string;
  readonly admin_is_superuser: boolean;
  readonly version: number;
  /** Whether it is the copy of another one, and can only be read. */
  readonly standby: boolean;
  /** Whether the admin owns the database. */
  readonly owned: boolean;
  /** Of PUBLIC and the declared roles only: a database may serve others as well. */
  readonly grants: readonly Grant[] | null;
}

/** What a database holds now, in the schemas and of the roles that a declaration speaks of. */
export interface Catalog {
  readonly database: CatalogDatabase;
  readonly roles: readonly CatalogRole[];
  readonly schemas: readonly CatalogSchema[];
  readonly relations: readonly CatalogRelation[];
  readonly functions: readonly CatalogFunction[];
  readonly types: readonly CatalogType[];
  readonly policies: readonly CatalogPolicy[];
  readonly rules: readonly CatalogRule[];
  readonly definerTriggers: readonly CatalogDefinerTrigger[];
  readonly grantsElsewhere: readonly CatalogGrantElsewhere[];
  readonly otherMembers: readonly CatalogOtherMember[];
  readonly settingsForAll: readonly CatalogSettingForAll[];
  readonly publishedTables: readonly CatalogPublishedTable[];
  readonly defaultPrivileges: readonly CatalogDefaultPrivileges[];
}

/** What has to be there before anything inside of the managed schemas can be. */
export type CatalogGround = Pick<Catalog, 'database' | 'roles' | 'schemas'>;

/** What carries a mark of ours. */
export type MarkedCatalog = Pick<Catalog, 'functions' | 'policies'>;

/** Every role of a declaration. */
export function declaredRoles(declaration: Declaration): readonly string[] {
  return [declaration.authenticator, declaration.owner, ...apiRoles(declaration).map((role) => role.name)];
}

/** Reads the catalogs. The search path has to be pg_catalog alone, so that names are shown in full. */
export async function readCatalog(client: pg.ClientBase, declaration: Declaration): Promise<Catalog> {
  const { read, withPrivate, roles } = reader(client, declaration);
  return {
    ...(await readGround(client, declaration)),
    ...(await readMarked(client, declaration)),
    relations: await read<CatalogRelation>('relations', withPrivate),
    types: await read<CatalogType>('types', withPrivate),
    rules: await read<CatalogRule>('rules', withPrivate),
    definerTriggers: await read<CatalogDefinerTrigger>('definer-triggers', withPrivate),
    grantsElsewhere: await read<CatalogGrantElsewhere>(
      'grants-elsewhere',
      withPrivate,
      // The owner may need what migrations build on, such as tables of other schemas.
      roles.filter((name) => name !== declaration.owner),
    ),
    otherMembers: await read<CatalogOtherMember>('other-members', roles),
    settingsForAll: await read<CatalogSettingForAll>('settings-for-all'),
    publishedTables: await read<CatalogPublishedTable>('published-tables', withPrivate),
    defaultPrivileges: await read<CatalogDefaultPrivileges>('default-privileges', withPrivate, declaration.owner),
  };
}

export async function readGround(client: pg.ClientBase, declaration: Declaration): Promise<CatalogGround> {
  const { read, withPrivate, roles } = reader(client, declaration);
  const [database] = await read<CatalogDatabase>('database', ['public', ...roles]);
  return {
    database: database!,
    roles: await read<CatalogRole>('roles', roles),
    schemas: await read<CatalogSchema>('schemas', withPrivate),
  };
}

export async function readMarked(client: pg.ClientBase, declaration: Declaration): Promise<MarkedCatalog> {
  const { read, withPrivate } = reader(client, declaration);
  return {
    functions: await read<CatalogFunction>('functions', withPrivate),
    policies: await read<CatalogPolicy>('policies', withPrivate),
  };
}

function reader(client: pg.ClientBase, declaration: Declaration) {
  return {
    withPrivate: [...desiredAccess(declaration).managedSchemas, declaration.privateSchema],
    roles: [...declaredRoles(declaration)],
    read: async <Row extends pg.QueryResultRow>(name: string, ...values: unknown[]) =>
      (await client.query<Row>(packageTemplate(`catalog/${name}`).sql, values)).rows,
  };
}
