import pg from 'pg';
import type { RowValues } from '../../../../access/prove/verdict.ts';
import type { RandomSubject } from './random-database.ts';
import { insertSql } from './random-database.ts';
import { quoted } from './pool.ts';

/** What Postgres does: it reaches the row or not, or the request fails for another reason. */
export type Observed = 'reached' | 'not reached' | 'failed';

const FORBIDDEN = '42501';

/** Requests of one subject, each of which is rolled back. */
export class Observer {
  readonly #client: pg.ClientBase;
  readonly #subject: RandomSubject;

  constructor(client: pg.ClientBase, subject: RandomSubject) {
    this.#client = client;
    this.#subject = subject;
  }

  async rowsOf(source: string, ids: readonly string[]): Promise<readonly Observed[]> {
    return this.#perRow(ids, `SELECT id FROM ${source}`, (shown) => (id) => shown.has(id));
  }

  async deletes(table: string, ids: readonly string[]): Promise<readonly Observed[]> {
    const sql = `DELETE FROM api.${table}; RESET ROLE; SELECT id FROM api.${table}`;
    return this.#perRow(ids, sql, (left) => (id) => !left.has(id));
  }

  async updates(table: string, id: string, changed: RowValues): Promise<Observed> {
    const set = Object.entries(changed).map(([name, value]) => `${name} = ${value === null ? 'NULL' : quoted(value)}`);
    return this.#writes(`SELECT set_config('model.only', '${id}', true); UPDATE api.${table} SET ${set.join(', ')}`);
  }

  inserts(table: string, row: RowValues): Promise<Observed> {
    return this.#writes(insertSql(table, row));
  }

  async #writes(sql: string): Promise<Observed> {
    const result = await this.#request(sql);
    if (result instanceof pg.DatabaseError) return result.code === FORBIDDEN ? 'not reached' : 'failed';
    return result.rowCount === 1 ? 'reached' : 'not reached';
  }

  async #perRow(
    ids: readonly string[],
    sql: string,
    reaches: (found: ReadonlySet<string>) => (id: string) => boolean,
  ): Promise<readonly Observed[]> {
    const result = await this.#request(sql);
    if (result instanceof pg.DatabaseError) return ids.map(() => 'failed');
    const found = new Set(result.rows.map(({ id }) => String(id)));
    return ids.map((id) => (reaches(found)(id) ? 'reached' : 'not reached'));
  }

  async #request(sql: string): Promise<pg.QueryResult<{ id: unknown }> | pg.DatabaseError> {
    const { role, claims } = this.#subject;
    const token = JSON.stringify({ ...claims, role });
    try {
      const results = (await this.#client.query(
        `SAVEPOINT request; SET LOCAL ROLE ${role}; SELECT set_config('request.jwt.claims', ${quoted(token)}, true); ${sql}`,
      )) as unknown as pg.QueryResult<{ id: unknown }>[];
      return results.at(-1)!;
    } catch (error) {
      if (error instanceof pg.DatabaseError) return error;
      throw error;
    } finally {
      await this.#client.query('ROLLBACK TO SAVEPOINT request; RELEASE SAVEPOINT request; RESET ROLE');
    }
  }
}
