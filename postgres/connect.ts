import { readFileSync } from 'node:fs';
import pg from 'pg';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { quoteIdentifier } from './quote.ts';
import { refuseOtherEngine } from './other-engines.ts';
import { INSUFFICIENT_PRIVILEGE, NO_DATABASE } from './sqlstate.ts';
import { statementsOf } from './statements.ts';
import { refuseTransactionPooler } from './transaction-pooler.ts';

const statement = statementsOf('postgres/session');

/** How the runner reaches a database, as an admin: a superuser, or a role with CREATEROLE that owns the database. */
export interface DatabaseConnection {
  readonly host: string;
  /** @default 5432 */
  readonly port?: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /**
   * `disable`, `require` (encrypted; of the server at most the issuer is checked, where its certificate is given) or `verify-full` (its certificate and name are).
   * @default 'disable'
   */
  readonly sslmode?: 'disable' | 'require' | 'verify-full';
  /** File with the certificates of the authorities to trust, PEM. @default those that Node.js trusts */
  readonly sslRootCertificate?: string;
}

/** Codes that say that Postgres is there, and soon has a connection: starting up, or every one in use. */
const BUSY = ['57P03', '53300'];

/** Errors that pass by themselves, and how long to wait for that. */
const PATIENCE = {
  patient: { passing: [...BUSY, 'ECONNREFUSED', 'ECONNRESET'], timeoutMs: 15_000, options: {} },
  impatient: { passing: BUSY, timeoutMs: 3_000, options: { query_timeout: 30_000 } },
  brief: { passing: [] as readonly string[], timeoutMs: 3_000, options: { query_timeout: 3_000 } },
};

/**
 * Connects as the admin, and waits a little for a server that is starting, unless impatient.
 *
 * @throws SecuredPostgrestError `database_unreachable`, `unsupported_database` where the server is not PostgreSQL,
 *   `transaction_pooler`
 */
export async function connect(
  connection: DatabaseConnection,
  patience: 'patient' | 'impatient' = 'patient',
): Promise<pg.Client> {
  const client = await open(connection, patience);
  try {
    await checkServer(client, connection);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** Changes nothing: the caller may lock and set what it wants of the session only afterwards. */
async function checkServer(client: pg.Client, connection: DatabaseConnection): Promise<void> {
  const place = placeOf(connection);
  const { rows } = await client.query<{ pid: number; version: string }>(statement('read_server'));
  const { pid, version } = rows[0]!;
  refuseOtherEngine(place, version);
  await refuseTransactionPooler(place, client, pid, () => open(connection, 'brief'));
}

async function open(connection: DatabaseConnection, patience: keyof typeof PATIENCE): Promise<pg.Client> {
  const { passing, timeoutMs, options } = PATIENCE[patience];
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const client = new pg.Client({
      ...clientOptions(connection),
      ...options,
      application_name: 'secured-postgrest',
      connectionTimeoutMillis: timeoutMs,
    });
    // Without a listener a connection that breaks later would end the process; the next query reports it.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      const failure = error as Error & { code?: string };
      if (Date.now() > deadline || !passing.includes(failure.code ?? '')) unreachable(connection, failure);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** Options of `pg` for a connection. */
export function clientOptions({
  host,
  port = 5432,
  database,
  user,
  password,
  sslmode = 'disable',
  sslRootCertificate,
}: DatabaseConnection) {
  return {
    host,
    port,
    database,
    user,
    password,
    ssl: sslmode !== 'disable' && {
      // As with libpq: given certificates are always asked for, the name is checked by `verify-full` only.
      rejectUnauthorized: sslmode === 'verify-full' || sslRootCertificate !== undefined,
      ...(sslmode === 'require' && { checkServerIdentity: () => undefined }),
      ...(sslRootCertificate !== undefined && { ca: readRootCertificate(sslRootCertificate) }),
    },
  };
}

function readRootCertificate(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    refuse('unreadable_secret', file, `the root certificate cannot be read (${code})`, 'check the path and its mode');
  }
  // Node.js would take an empty text as its own list of authorities.
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  refuse('unreadable_secret', file, 'it holds no certificate', 'give one in PEM form');
}

/** Codes with which OpenSSL and Node.js say that they do not accept a certificate. */
const NOT_ACCEPTED = /CERT|UNABLE_TO_VERIFY|INVALID_CA|HOSTNAME_MISMATCH/;

function unreachable(connection: DatabaseConnection, error: Error & { code?: string }): never {
  const { host, database, user, sslRootCertificate = 'those that Node.js trusts' } = connection;
  const { code = 'no answer', message } = error;
  const [reason, fix] = NOT_ACCEPTED.test(code)
    ? [
        `its certificate is not accepted: ${message}`,
        `check that it is for "${host}", and that the root certificates (${sslRootCertificate}) are those of its issuer`,
      ]
    : code === INSUFFICIENT_PRIVILEGE
      ? [
          message,
          `run as its owner: GRANT CONNECT ON DATABASE ${quoteIdentifier(database)} TO ${quoteIdentifier(user)}`,
        ]
      : message.includes('client password must be a string')
        ? ['it asks for a password, and none is given', 'give one, in a file or in PGPASSWORD']
        : code === NO_DATABASE
          ? [message, 'check its name']
          : message.includes('does not support SSL')
            ? [
                'the server does not encrypt',
                'have it encrypt, or send passwords and rows as they are: sslmode disable',
              ]
            : [message || code, 'check that it runs, and that address, user and password file are right'];
  refuse(
    'database_unreachable',
    placeOf(connection),
    `cannot connect to database "${database}" as "${user}": ${reason}`,
    fix,
    error,
  );
}

function placeOf({ host, port = 5432 }: DatabaseConnection): string {
  return `postgres at ${host}:${port}`;
}
