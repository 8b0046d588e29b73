import type { Command } from 'commander';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { DatabaseConnection } from '../postgres/connect.ts';
import { CONNECTION_OPTIONS, readPassword, type ConnectionOptions } from './connection.ts';
import { isUri, parseDatabaseUri, refusePassword, usualSslMode, type UriConnection } from './database-uri.ts';

/** Ways to name a database, for errors. */
export const DATABASE_FIX =
  'a URI such as postgresql://user@host:5432/name, --host, or the environment variable DATABASE_URL';

const POSTGRES_PORT = 5432;

/** Where a connection may be named. */
export interface ConnectionSources {
  /** Argument of the command. */
  readonly uri: string | undefined;
  readonly options: Partial<ConnectionOptions>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Command that errors name. */
  readonly place: string;
  /** True for a command that takes a declaration instead. @default false */
  readonly orDeclaration?: boolean | undefined;
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
  const named: UriConnection = { ...uriConnection(uri, { place, given, environment }), ...given };
  const { host, database, user } = named;
  if (host === undefined) {
    const [problem, file] = orDeclaration
      ? ['which declaration or database', 'the file of a declaration, ']
      : ['which database', ''];
    refuse('invalid_prop', place, `it is not said ${problem}`, `give ${file}${DATABASE_FIX}`);
  }
  if (database === undefined || user === undefined) {
    const missing = database === undefined ? 'database' : 'user';
    refuse('invalid_prop', place, `the ${missing} is not named`, `give --${missing}, or name it in the URI`);
  }
  // A server can do without a password.
  const password =
    passwordFile === undefined ? (named.password ?? (environment['PGPASSWORD'] || '')) : readPassword(passwordFile);
  return { ...named, host, database, user, password, sslmode: named.sslmode ?? usualSslMode(host) };
}

/** How a command names its database. */
export interface CommandSources extends Pick<ConnectionSources, 'orDeclaration'> {
  /** @default named in another way */
  readonly uri?: string | undefined;
}

/**
 * Finds the connection of a command with the options of `addConnectionOptions`.
 *
 * @throws SecuredPostgrestError `invalid_prop`, `unreadable_secret`
 */
export function commandConnection(command: Command, { uri, orDeclaration }: CommandSources = {}): DatabaseConnection {
  const place = placeOf(command);
  return namedConnection({ uri, options: givenOptions(command), environment: process.env, place, orDeclaration });
}

/** Words that run a command, without the program's: `access map`. */
function placeOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${placeOf(parent)} ${command.name()}` : command.name();
}

function uriConnection(
  uri: string | undefined,
  { place, given, environment }: Pick<ConnectionSources, 'environment' | 'place'> & { readonly given: UriConnection },
): UriConnection {
  if (uri !== undefined) {
    if (!isUri(uri)) {
      const fix = 'write postgresql://user@host:5432/database; a file follows an option';
      refuse('invalid_prop', place, 'the database is not a URI', fix);
    }
    const named = parseDatabaseUri(uri, 'the URI');
    refusePassword(named, place);
    return named;
  }
  const variable = environment['DATABASE_URL'];
  if (given.host !== undefined || !variable) return {};
  const { password, ...named } = parseDatabaseUri(variable, 'DATABASE_URL');
  // Its password is for that server alone.
  const isOther = given.port !== undefined && given.port !== (named.port ?? POSTGRES_PORT);
  return { ...named, ...(password !== undefined && !isOther && { password }) };
}

/** Options of the connection that the user gave: a default does not replace a part of a URI. */
export function givenOptions(command: Command): Partial<ConnectionOptions> {
  const given = CONNECTION_OPTIONS.filter((name) => command.getOptionValueSource(name) === 'cli');
  return Object.fromEntries(given.map((name) => [name, command.getOptionValue(name) as unknown]));
}

/** Finds it for a command that can do without: undefined where neither the URI nor an option names a part of it. */
export function givenConnection(command: Command, uri: string | undefined): DatabaseConnection | undefined {
  return uri !== undefined || namesDatabase(command) ? commandConnection(command, { uri }) : undefined;
}

/** Tests if an option says where a database is, or a part of how to reach it. */
export function namesDatabase(command: Command): boolean {
  return Object.keys(givenOptions(command)).length > 0;
}
