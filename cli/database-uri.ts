import { refuse } from '../errors/secured-postgrest-error.ts';
import type { DatabaseConnection } from '../postgres/connect.ts';

/** Parts of a connection that a URI of libpq names. */
export type UriConnection = Partial<DatabaseConnection>;

/** Ways to protect a connection, as libpq names them. */
export const SSL_MODES = ['disable', 'require', 'verify-full'] as const;

/** Stands for the host that a URI leaves to a parameter: JavaScript's parser takes no user without a host. */
const NO_HOST = 'none.invalid';

/** Parameters that say where the database is. libpq's others are refused: one that was ignored could be `sslmode`. */
const PARAMETERS = ['host', 'port', 'user', 'password', 'dbname', 'sslmode', 'sslrootcert'];

const NO_URI = [
  'it is not a URI of one PostgreSQL server',
  'write postgresql://user@host:5432/database, with %-escapes for other characters',
] as const;

/** Tests if an argument is a URI, and so not a file. One of another scheme is rejected as such. */
export function isUri(text: string): boolean {
  return text.includes('://');
}

/** Tests if a text is a URI of PostgreSQL, and so not a file. */
export function isDatabaseUri(text: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(text);
}

/**
 * Reads a URI as libpq does: `postgresql://user@host:5432/database?sslmode=verify-full`.
 *
 * @param place where the URI stands, for errors, which never show it: it can hold a password
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function parseDatabaseUri(uri: string, place: string): UriConnection {
  const url = parse(uri, place);
  const parameters = Object.fromEntries(url.searchParams);
  for (const name of Object.keys(parameters)) {
    if (PARAMETERS.includes(name)) continue;
    refuse('invalid_prop', place, `its parameter "${name}" is not supported`, `use ${PARAMETERS.join(', ')}`);
  }
  const decode = (text: string) => decoded(text, place);
  const host = parameters['host'] ?? (url.hostname === NO_HOST ? '' : decode(url.hostname).replace(/^\[(.*)\]$/, '$1'));
  const port = parameters['port'] ?? url.port;
  const parts = {
    host,
    database: parameters['dbname'] ?? decode(url.pathname.slice(1)),
    user: parameters['user'] ?? decode(url.username),
    password: parameters['password'] ?? decode(url.password),
    sslRootCertificate: parameters['sslrootcert'] ?? '',
  };
  return {
    ...Object.fromEntries(Object.entries(parts).filter(([, text]) => text !== '')),
    ...(port !== '' && { port: portOf(port, place) }),
    ...(parameters['sslmode'] !== undefined && { sslmode: sslModeOf(parameters['sslmode'], place) }),
  };
}

const passwordFix = 'give --password-file, or the environment variable PGPASSWORD';

/**
 * Rejects a password in an argument: every user of a machine can read the arguments of its programs.
 *
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function refusePassword({ password }: UriConnection, place: string): void {
  if (password === undefined) return;
  refuse(
    'invalid_prop',
    place,
    'the URI has a password, and every user of this machine can read the arguments of a command',
    `remove it, and change it if others use this machine; ${passwordFix}, or the whole URI as DATABASE_URL`,
  );
}

function parse(uri: string, place: string): URL {
  if (!isDatabaseUri(uri)) return refuse('invalid_prop', place, ...NO_URI);
  const [, authority = '', rest = ''] = /^postgres(?:ql)?:\/\/([^/?#]*)(.*)$/is.exec(uri) ?? [];
  // A password with such a character would be taken for a host or a database, which errors show.
  if (/[@#]/.test(rest)) {
    const fix = 'write %23 for #, %2F for /, %3F for ?, and %40 for @';
    refuse('invalid_prop', place, 'a user, a password or a name in it has a character without its escape', fix);
  }
  try {
    return new URL(`postgresql://${authority}${authority.endsWith('@') ? NO_HOST : ''}${rest}`);
  } catch {
    return refuse('invalid_prop', place, ...NO_URI);
  }
}

function decoded(text: string, place: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse('invalid_prop', place, 'a %-escape in it is wrong', 'write % as %25');
  }
}

function portOf(text: string, place: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  return refuse('invalid_prop', place, `its port "${text}" is none`, 'write a number, 1 to 65535');
}

type SslMode = NonNullable<DatabaseConnection['sslmode']>;

/** Encrypts what leaves this machine, where nothing else is said. */
export function usualSslMode(host: string): SslMode {
  return isThisMachine(host) ? 'disable' : 'require';
}

function sslModeOf(mode: string, place: string): SslMode {
  const known = SSL_MODES.find((one) => one === mode);
  if (known) return known;
  return refuse('invalid_prop', place, `sslmode "${mode}" is not supported`, `use ${SSL_MODES.join(', ')}`);
}

function isThisMachine(host: string): boolean {
  return /^(?:|localhost|127(?:\.\d+){3}|::1|\/.*)$/i.test(host);
}
