import type { Command } from 'commander';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { DatabaseConnection } from '../postgres/connect.ts';
import { readPassword, type ConnectionOptions } from './connection.ts';
import { isUri, parseDatabaseUri, refusePassword, type UriConnection } from './database-uri.ts';

/** Description of the argument that names a database. */
export const DATABASE_ARGUMENT = 'postgresql://user@host:5432/name (default: DATABASE_URL)';

/** Where a connection may be named. */
export interface ConnectionSources {
  /** Argument of the command. */
  readonly uri: string | undefined;
  readonly options: Partial<ConnectionOptions>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Command that errors name. */
  readonly place: string;
  /** True for a command that takes a declaration instead. @default false */
  readonly orDeclaration?: boolean;
}

/**
 * Finds the connection: by the URI, by `--host`, or by DATABASE_URL. Options replace parts of a URI. The password comes from
 * `--password-file`, from DATABASE_URL if that names the server, or from PGPASSWORD.
 *
 * @throws SecuredPostgrestError `invalid_prop`, `unreadable_secret`
 */
export function namedConnection(sources: ConnectionSources): DatabaseConnection {
  const { uri, options, environment, place, orDeclaration = false } = sources;
  const { passwordFile, ...given } = options;
  const named: UriConnection = { ...uriConnection(uri, { place, host: given.host, environment }), ...given };
  const { host, database, user } = named;
  if (host === undefined) {
    const fix = 'a URI such as postgresql://user@host:5432/name, --host, or the environment variable DATABASE_URL';
    const [problem, file] = orDeclaration
      ? ['which declaration or database', 'the file of a declaration, ']
      : ['which database', ''];
    refuse('invalid_prop', place, `it is not said ${problem}`, `give ${file}${fix}`);
  }
  if (database === undefined || user === undefined) {
    const missing = database === undefined ? 'database' : 'user';
    refuse('invalid_prop', place, `the ${missing} is not named`, `give --${missing}, or name it in the URI`);
  }
  // A server can do without a password.
  const password =
    passwordFile === undefined ? (named.password ?? (environment['PGPASSWORD'] || '')) : readPassword(passwordFile);
  return { ...named, host, database, user, password };
}

function uriConnection(
  uri: string | undefined,
  {
    place,
    host,
    environment,
  }: Pick<ConnectionSources, 'environment' | 'place'> & { readonly host: string | undefined },
): UriConnection {
  if (uri !== undefined) {
    if (!isUri(uri)) {
      const fix = 'write postgresql://user@host:5432/database; a file with a declaration follows --declaration';
      refuse('invalid_prop', place, 'the database is not a URI', fix);
    }
    const named = parseDatabaseUri(uri, 'the URI');
    refusePassword(named, place);
    return named;
  }
  const variable = environment['DATABASE_URL'];
  // Its password is for that server alone.
  return host === undefined && variable ? parseDatabaseUri(variable, 'DATABASE_URL') : {};
}

/** Options of the connection that the user gave: a default does not replace a part of a URI. */
export function givenOptions(command: Command): Partial<ConnectionOptions> {
  const names = ['host', 'port', 'database', 'user', 'passwordFile', 'sslmode', 'sslRootCertificate'] as const;
  const given = names.filter((name) => command.getOptionValueSource(name) === 'cli');
  return Object.fromEntries(given.map((name) => [name, command.getOptionValue(name) as unknown]));
}

/** Arguments of a command that brings a declaration and a database together. */
export interface ComparedSources {
  /** File with the declaration. */
  readonly file: string;
  /** @default the database is named in another way */
  readonly uri: string | undefined;
}

/**
 * Tells a file from a URI, in either order.
 *
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function comparedSources(
  given: readonly (string | undefined)[],
  { declaration, place }: { readonly declaration: string | undefined; readonly place: string },
): ComparedSources {
  const named = given.filter((one) => one !== undefined);
  const [uri, ...moreUris] = named.filter(isUri);
  const files = [...named.filter((one) => !isUri(one)), ...(declaration === undefined ? [] : [declaration])];
  const [file, ...moreFiles] = files;
  if (file === undefined) {
    refuse('invalid_prop', place, 'it is not said which declaration', `give its file: ${place} declaration.ts`);
  }
  if (moreFiles.length > 0)
    refuse('invalid_prop', place, `${files.join(' and ')} are two declarations`, 'name one of them');
  if (moreUris.length > 0) refuse('invalid_prop', place, 'two databases are named', 'name one of them');
  return { file, uri };
}
