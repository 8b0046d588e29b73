import type pg from 'pg';
import { packageTemplate } from '../template.ts';
import { raw, statementsOf } from '../statements.ts';
import { grantsFrom, type Grant } from './acl.ts';
import type { Catalog } from './catalog.ts';
import type { CatalogScope } from './catalog-scope.ts';

const statement = statementsOf('postgres/catalogs');

/** Catalogs of what objects in the managed schemas depend on. */
const BASICS = ['database', 'roles', 'schemas'] as const;
/** Catalogs that a plan compares with a declaration. */
const COMPARED = [
  ...BASICS,
  'relations',
  'functions',
  'types',
  'policies',
  'triggers',
  'rules',
  'functionDefaults',
  'defaultPrivileges',
] as const;
/** Further catalogs that the audit reads. */
const AUDITED = [
  'definerTriggers',
  'grantsElsewhere',
  'otherMembers',
  'settingsForAll',
  'publishedTables',
  'subscribedTables',
  'widerDefaults',
  'privilegedFunctions',
  'publicGrants',
  'inheritance',
  'ownTables',
  'builtInChanges',
  'eventTriggers',
] as const;

export type CatalogBasics = Pick<Catalog, (typeof BASICS)[number]>;
export type ComparedCatalog = Pick<Catalog, (typeof COMPARED)[number]>;

/** A connection, and the part of its database that catalogs are read of. */
export interface CatalogSource {
  readonly client: pg.ClientBase;
  readonly scope: CatalogScope;
}

/** Reads every catalog. */
export function readCatalog(source: CatalogSource): Promise<Catalog> {
  return read(source, [...COMPARED, ...AUDITED]);
}

/** Reads the database, its roles and its schemas. */
export function readBasics(source: CatalogSource): Promise<CatalogBasics> {
  return read(source, BASICS);
}

/** Reads the catalogs that a plan compares with a declaration. */
export function readCompared(source: CatalogSource): Promise<ComparedCatalog> {
  return read(source, COMPARED);
}

/** Adds the catalogs that only the audit reads. Nothing may have changed since the others were read. */
export async function readRest(source: CatalogSource, compared: ComparedCatalog): Promise<Catalog> {
  return { ...compared, ...(await read(source, AUDITED)) };
}

/**
 * Reads catalogs in one query: in a small database the round trip costs most. The search path must be pg_catalog alone, so
 * that Postgres shows names in full.
 */
export async function read<Name extends keyof Catalog>(
  { client, scope }: CatalogSource,
  names: readonly Name[],
): Promise<Pick<Catalog, Name>> {
  const catalogs = names.map((name) => {
    const file = name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
    return statement('catalog', { name, query: raw(packageTemplate(`postgres/catalog/${file}`).sql) });
  });
  // Takes long to parse, and only the audit needs it.
  const outward = names.some((name) => AUDITED.some((audited) => audited === name)) ? statement('read_outward') : '';
  const { roles, tables = [] } = scope;
  const { rows } = await client.query<Record<Name, FoundRow[]>>(
    statement('read_catalogs', { catalogs: raw(catalogs.join(',\n')), outward: raw(outward) }),
    [
      scope.schemas,
      roles,
      scope.owner,
      scope.secondLogin ?? null,
      tables.map(({ schema }) => schema),
      tables.map(({ name }) => name),
    ],
  );
  const found = Object.entries<FoundRow[]>(rows[0]!).map(([name, entries]): [string, unknown] => {
    const read = entries.map(withGrants);
    return [name, name === 'database' ? onlyGrantsTo(['public', ...roles], read[0]!) : read];
  });
  return Object.fromEntries(found) as Pick<Catalog, Name>;
}

/** A row of `sql/postgres/catalog/`, with grants as Postgres stores them. */
interface FoundRow {
  /** Owner of the object that `acl` belongs to. */
  readonly owner: string;
  readonly acl?: readonly string[] | null;
  readonly column_acls?: readonly (readonly [column: string, acl: readonly string[]])[];
}

function withGrants({ acl, column_acls, ...row }: FoundRow): FoundRow & { readonly grants?: readonly Grant[] } {
  return {
    ...row,
    ...(acl !== undefined && { grants: grantsFrom(acl, row.owner) }),
    ...(column_acls && {
      column_grants: column_acls.flatMap(([column, privileges]) =>
        grantsFrom(privileges, row.owner).map((grant) => ({ column, ...grant })),
      ),
    }),
  };
}

function onlyGrantsTo<Found extends { readonly grants?: readonly Grant[] }>(roles: readonly string[], found: Found) {
  return { ...found, grants: found.grants?.filter(({ grantee }) => roles.includes(grantee)) };
}
