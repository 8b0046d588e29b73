import type { Declaration } from '../declaration/types.ts';
import type { EphemeralPostgrest } from './environment.ts';
import { startSource, type SourceOptions } from './source.ts';

export interface EphemeralPostgrestOptions extends SourceOptions {
  /** Port of the API on 127.0.0.1. @default a free one */
  readonly port?: number | undefined;
}

/**
 * Starts Postgres, applies the declaration and starts PostgREST, as child processes unless `backend` names something else.
 * The runner and the server settings are those of a deployment. The version of PostgREST is that of its program: the one that
 * `postgrestBinary` or the environment variable `POSTGREST_BINARY` names, or else npm's.
 *
 * @throws SecuredPostgrestError `missing_binary`; `unsupported_version` and `vulnerable_version` for the program's version;
 *   `port_taken`, `start_failed`, `invalid_sql` for a seed that fails, and what applying a declaration throws
 *
 * @example
 * await using api = await startEphemeralPostgrest(declaration, { seed: [{ file: 'seed.sql', sql: seed }] });
 * const ann = await api.as('todos_user', { user_id: 1 });
 * const response = await ann.fetch('/todos');
 */
export async function startEphemeralPostgrest(
  declaration: Declaration,
  { port, ...options }: EphemeralPostgrestOptions = {},
): Promise<EphemeralPostgrest> {
  const source = await startSource(declaration, options);
  try {
    return await source.start({ port, last: true });
  } catch (error) {
    await source.stop();
    throw error;
  }
}
