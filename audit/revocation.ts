import type { CatalogObject } from '../postgres/catalog/catalog.ts';
import { quoteIdentifier } from '../postgres/quote.ts';

/** Kinds whose names Postgres' descriptions do not quote, with their words in a statement. */
const UNQUOTED: Readonly<Record<string, string>> = {
  schema: 'schema',
  server: 'foreign server',
  'foreign-data wrapper': 'foreign data wrapper',
  language: 'language',
  tablespace: 'tablespace',
};

/** SQL that revokes privileges on an object that Postgres has described. */
export function revocation(
  { object, kind, identity, column = null }: CatalogObject & { readonly column?: string | null },
  privileges: string,
  grantee: string,
): string {
  const defaults = /^(for role .+) on ([a-z ]+)$/s.exec(identity);
  if (kind === 'default acl' && defaults) {
    const [, makers, objects = ''] = defaults;
    return `ALTER DEFAULT PRIVILEGES ${makers} REVOKE ALL ON ${objects.toUpperCase()} FROM ${grantee}`;
  }
  return `REVOKE ${onColumn(privileges, column)} ON ${named(object, kind, identity, column)} FROM ${grantee}`;
}

function onColumn(privileges: string, column: string | null): string {
  return column === null ? privileges : `${privileges} (${quoteIdentifier(column)})`;
}

function named(object: string, kind: string, identity: string, column: string | null): string {
  if (kind in UNQUOTED) return `${UNQUOTED[kind]} ${identity}`;
  // A description calls each routine a function.
  if (kind === 'procedure') return object.replace(/^function /, 'procedure ');
  const whole = column === null ? object : object.slice(`column ${column} of `.length);
  return whole.replace(/^(?:view|materialized view|foreign table|sequence) /, 'table ');
}
