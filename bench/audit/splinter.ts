import { existsSync, readFileSync } from 'node:fs';
import type pg from 'pg';
import { bases } from '../../test/support/audit/corpus/base.ts';
import { withClient } from '../../postgres/with-client.ts';
import type { Linter } from './linter.ts';

interface Row {
  readonly name: string;
  readonly level: 'ERROR' | 'WARN' | 'INFO';
  readonly cache_key: string;
}

const levels = { ERROR: 'error', WARN: 'warning', INFO: 'info' } as const;
const file = () => process.env.SPLINTER_SQL;

/** Linter of Supabase, one query. Its lints name the roles of Supabase: for it, another role of users is named as there. */
export const splinter: Linter = {
  name: 'splinter',
  obstacle() {
    const path = file();
    if (path === undefined) return 'SPLINTER_SQL does not name splinter.sql of github.com/supabase/splinter';
    return existsSync(path) ? undefined : `there is no file ${path}, which SPLINTER_SQL names`;
  },
  find: (connection, base) =>
    withClient(connection, async (client) => {
      const { exposed, user } = bases[base];
      await client.query('BEGIN');
      if (user !== 'authenticated') await client.query(`ALTER ROLE ${user} RENAME TO authenticated`);
      const rows = await runSplinter(client, exposed);
      await client.query('ROLLBACK');
      return rows.map(({ name, level, cache_key }) => ({
        rule: name,
        level: levels[level],
        object: cache_key,
      }));
    }),
};

/** Runs the query in a transaction. @param exposed schemas, with commas between them */
export async function runSplinter(client: pg.ClientBase, exposed: string): Promise<readonly Row[]> {
  await client.query(`SELECT set_config('pgrst.db_schemas', $1, true)`, [exposed]);
  // "SET search_path" and the query.
  const results = (await client.query<Row>(readFileSync(file()!, 'utf8'))) as unknown as readonly { rows: Row[] }[];
  return results.at(-1)!.rows;
}
