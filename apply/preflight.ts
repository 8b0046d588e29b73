import { refuse } from '../errors/secured-postgrest-error.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import { oldestMajor } from '../declaration/releases/releases.ts';
import type { Declaration } from '../declaration/types.ts';
import type { CatalogBasics } from '../postgres/catalog/read-catalog.ts';
import { declaredRoles } from '../compile/catalog-scope.ts';

/** Rejects a database that cannot be brought to the declared state, before anything is changed. */
export function checkDatabase(declaration: Declaration, { database, roles }: CatalogBasics): void {
  const place = `database ${database.name}`;
  const oldest = oldestMajor('PostgreSQL');
  if (database.version < oldest * 10_000) {
    refuse(
      'unsupported_database',
      place,
      `its server is version ${Math.floor(database.version / 10000)}`,
      `use PostgreSQL ${oldest} or later, whose views can run with the rights of who asks`,
    );
  }
  if (!database.owned) {
    refuse(
      'unsupported_database',
      place,
      `"${database.admin}" does not own it`,
      `run ALTER DATABASE ${quoteIdentifier(database.name)} OWNER TO ${quoteIdentifier(database.admin)}`,
    );
  }
  const missing = declaredRoles(declaration).filter((name) => !roles.some((role) => role.name === name));
  if (missing.length > 0) {
    refuse(
      'missing_role',
      place,
      `the roles ${missing.join(', ')} do not exist`,
      'create the roles first (the DatabaseRoles construct, or createRoles)',
    );
  }
}

/** Rejects a standby, which accepts no changes. */
export function checkWritable({ database }: CatalogBasics): void {
  if (!database.standby) return;
  refuse(
    'unsupported_database',
    `database ${database.name}`,
    'it is a standby, which can only be read',
    'deploy to its primary, or promote it',
  );
}
