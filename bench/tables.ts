import { declare, ownRows, tenant, type Declaration } from '../index.ts';

export interface TablesOptions {
  /** Claim that the first table's policy reads: another one changes this policy alone. @default 'user_id' */
  readonly firstClaim?: string;
}

/**
 * An API of so many tables. Each has two roles with grants, a policy for one's own rows and a restrictive one for the
 * tenant, with indexes on both columns.
 */
export function declareTables(
  name: string,
  count: number,
  { firstClaim = 'user_id' }: TablesOptions = {},
): Declaration {
  const [reader, writer] = [`${name}_reader`, `${name}_writer`];
  const both = [reader, writer];
  const tables = Array.from({ length: count }, (_, n) => ({ name: tableName(n), first: n === 0 }));
  return declare({
    name,
    schemas: ['api'],
    roles: { users: both },
    migrations: [{ file: '001_tables.sql', sql: tables.map(({ name: table }) => createTable(table)).join('\n') }],
    tables: tables.map(({ name: table, first }) => ({
      name: table,
      grants: [
        { to: reader, select: true },
        { to: writer, select: true, insert: ['title', 'user_id', 'tenant_id'], update: ['title'], delete: true },
      ],
      policies: [
        ownRows({ to: both, column: 'user_id', claim: first ? firstClaim : 'user_id', type: 'int' }),
        tenant({ to: both, column: 'tenant_id', claim: 'tenant_id', type: 'uuid', restrictive: true }),
      ],
    })),
  });
}

export function tableName(n: number): string {
  return `table_${String(n).padStart(4, '0')}`;
}

function createTable(name: string): string {
  return `CREATE TABLE api.${name} (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int NOT NULL, tenant_id uuid NOT NULL, title text NOT NULL);
CREATE INDEX ON api.${name} (user_id);
CREATE INDEX ON api.${name} (tenant_id);`;
}
