import { Option, type Command } from 'commander';
import type { DatabaseConnection } from '../postgres/connect.ts';
import { refuse, SecuredPostgrestError } from '../errors/secured-postgrest-error.ts';
import { readGivenFile } from '../files/private-files.ts';
import { parsePort } from './parse-port.ts';

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly passwordFile: string;
  readonly sslmode: NonNullable<DatabaseConnection['sslmode']>;
  readonly sslRootCertificate?: string;
}

/** Role of a command that changes a database. */
export const ADMIN = 'the admin: a superuser, or a role with CREATEROLE that owns the database';

/**
 * The options with which a command reaches a database.
 *
 * @param user who it signs in as. @default its admin
 * @param isRequired false for a command that can do without a database
 */
export function addConnectionOptions(command: Command, user = ADMIN, isRequired = true): Command {
  const option = (flags: string, description: string) => new Option(flags, description).makeOptionMandatory(isRequired);
  return command
    .addOption(option('--host <name>', 'where Postgres listens'))
    .option('--port <number>', 'its port', parsePort, 5432)
    .addOption(option('--database <name>', 'the database'))
    .addOption(option('--user <name>', user))
    .addOption(option('--password-file <file>', 'its password, in a file'))
    .addOption(
      new Option('--sslmode <mode>', 'encryption').choices(['disable', 'require', 'verify-full']).default('disable'),
    )
    .option('--ssl-root-certificate <file>', 'certificates to trust, PEM');
}

export function toConnection({ passwordFile, ...options }: ConnectionOptions): DatabaseConnection {
  return { ...options, password: readPassword(passwordFile) };
}

/** The connection of a command that can do without a database; undefined where none is named. */
export function givenConnection(options: Partial<ConnectionOptions>): DatabaseConnection | undefined {
  const { host, port = 5432, database, user, passwordFile, sslmode = 'disable', sslRootCertificate } = options;
  if (host === undefined) return undefined;
  if (database === undefined || user === undefined || passwordFile === undefined) {
    const fix = 'give --database, --user and --password-file as well';
    refuse('invalid_prop', '--host', 'it is not said how to sign in', fix);
  }
  const certificate = sslRootCertificate === undefined ? {} : { sslRootCertificate };
  return toConnection({ host, port, database, user, passwordFile, sslmode, ...certificate });
}

export function readPassword(file: string): string {
  try {
    return readGivenFile(file)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof SecuredPostgrestError) throw error;
    refuse(
      'unreadable_secret',
      file,
      `the password file can not be read (${(error as NodeJS.ErrnoException).code})`,
      'check the path and its mode',
    );
  }
}
