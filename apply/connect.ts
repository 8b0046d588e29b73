import { readFileSync } from 'node:fs';
import pg from 'pg';
import { refuse } from '../declaration/errors.ts';

/** How the runner reaches a database, as an admin: a superuser, or a role with CREATEROLE that owns the database. */
export interface DatabaseConnection {
  readonly host: string;
  /** @default 5432 */
  readonly port?: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /**
   * `disable`, `require` (encrypted, the server is not checked) or `verify-full` (its certificate and name are).
   * @default 'disable'
   */
  readonly sslmode?: 'disable' | 'require' | 'verify-full';
  /** File with the certificates of the authorities to trust, PEM. @default those that Node.js trusts */
  readonly sslRootCertificate?: string;
}

/** Codes that say that Postgres is about to be there: starting up, or every connection in use. */
const PASSING = ['57P03', '53300', 'ECONNREFUSED', 'ECONNRESET'];
/** How long a server that is starting is waited for, and how long one that should be there is. */
const PATIENCE_MS = { patient: 15_000, impatient: 3_000 };

/**
 * Connects as the admin, and waits a little for a server that is starting, unless impatient.
 *
 * @throws SecuredPostgrestError `database_unreachable`
 */
export async function connect(
  connection: DatabaseConnection,
  patience: keyof typeof PATIENCE_MS = 'patient',
): Promise<pg.Client> {
  const timeoutMs = PATIENCE_MS[patience];
  const deadline = patience === 'patient' ? Date.now() + timeoutMs : 0;
  for (;;) {
    const client = new pg.Client({ ...clientOptions(connection), connectionTimeoutMillis: timeoutMs });
    // Without a listener a connection that breaks later would end the process; the next query reports it.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      const { code, message } = error as Error & { code?: string };
      if (Date.now() > deadline || !PASSING.includes(code ?? ''))
        unreachable(connection, message || (code ?? 'no answer'), error);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function clientOptions({
  host,
  port = 5432,
  database,
  user,
  password,
  sslmode = 'disable',
  sslRootCertificate,
}: DatabaseConnection) {
  const ca = sslRootCertificate === undefined ? {} : { ca: readFileSync(sslRootCertificate, 'utf8') };
  return {
    host,
    port,
    database,
    user,
    password,
    application_name: 'secured-postgrest',
    ssl: sslmode === 'disable' ? (false as const) : { rejectUnauthorized: sslmode === 'verify-full', ...ca },
  };
}

function unreachable({ host, port = 5432, database, user }: DatabaseConnection, reason: string, cause: unknown): never {
  refuse(
    'database_unreachable',
    `postgres at ${host}:${port}`,
    `can not connect to database "${database}" as "${user}": ${reason}`,
    'check that it runs, and that address, user and password file are right',
    cause,
  );
}
