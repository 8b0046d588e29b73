import { withClient } from '../../postgres/with-client.ts';
import { tableName } from '../tables.ts';
import type { Sized } from './steps.ts';

/** Rows of each table: each of another user and tenant. */
const ROWS = 4;
/** Each table keeps locks until the end of its transaction. */
const TABLES_AT_ONCE = 100;

/** Adds rows as the superuser, whom no policy binds. */
export function fillTables({ applied, tables }: Sized): Promise<void> {
  return withClient(applied, async (client) => {
    for (let first = 0; first < tables; first += TABLES_AT_ONCE) {
      const names = Array.from({ length: Math.min(TABLES_AT_ONCE, tables - first) }, (_, n) => tableName(first + n));
      await client.query(names.map(fill).join('\n'));
    }
  });
}

function fill(name: string): string {
  return `INSERT INTO api.${name} (user_id, tenant_id, title)
SELECT n, lpad(n::text, 32, '0')::uuid, 'title' FROM generate_series(1, ${ROWS}) AS n;`;
}
