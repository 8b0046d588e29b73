import { errors } from 'oidc-provider';
import pg from 'pg';
import { clientOptions, type DatabaseConnection } from '../postgres/connect.ts';

/** Classes of errors that say that the database is away: no connection, not let in, none left, shutting down or too slow. */
const AWAY = /^(08|28|3D|53|57)/;

/** Answer to OAuth clients while the database is unreachable (RFC 6749, 4.1.2.1); they may try again. */
export class Unavailable extends errors.OIDCProviderError {
  override readonly expose = true;
  override readonly error_description = 'the database cannot be reached, try again';

  constructor(cause: unknown) {
    super(503, 'temporarily_unavailable');
    // What the database says is for the log alone.
    Object.defineProperty(this, 'cause', { value: cause });
  }
}

/** A statement that is prepared once a connection. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

/** The service's sessions with Postgres. */
export class Database {
  readonly #pool: pg.Pool;

  constructor(connection: DatabaseConnection, size: number) {
    this.#pool = new pg.Pool({
      ...clientOptions(connection),
      application_name: 'secured-postgrest token-service',
      max: size,
      connectionTimeoutMillis: 5_000,
      query_timeout: 10_000,
    });
    // An idle session that breaks; the next query gets another one.
    this.#pool.on('error', () => undefined);
  }

  async query<Row extends pg.QueryResultRow>(prepared: Prepared, values: unknown[]): Promise<pg.QueryResult<Row>> {
    try {
      return await this.#pool.query<Row>({ ...prepared, values });
    } catch (error) {
      if (error instanceof pg.DatabaseError && !AWAY.test(error.code ?? '')) throw error;
      throw new Unavailable(error);
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}
