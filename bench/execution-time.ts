import type pg from 'pg';

interface Explained {
  readonly 'QUERY PLAN': readonly [{ readonly 'Execution Time': number }];
}

/** Milliseconds that Postgres takes for a query, without its planning. */
export async function executionTime(client: pg.ClientBase, query: string): Promise<number> {
  const { rows } = await client.query<Explained>(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${query}`);
  return rows[0]!['QUERY PLAN'][0]['Execution Time'];
}
