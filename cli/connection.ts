import { Option, type Command } from 'commander';
import type { DatabaseConnection } from '../postgres/connect.ts';
import { refuse, SecuredPostgrestError } from '../errors/secured-postgrest-error.ts';
import { readGivenFile } from '../files/private-files.ts';
import { SSL_MODES } from './database-uri.ts';
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

/** Names of these options. */
export const CONNECTION_OPTIONS = [
  'host',
  'port',
  'database',
  'user',
  'passwordFile',
  'sslmode',
  'sslRootCertificate',
] as const satisfies readonly (keyof ConnectionOptions)[];

/** Role of a command that changes a database. */
export const ADMIN = 'the admin: a superuser, or a role with CREATEROLE that owns the database';

/**
 * The options with which a command reaches a database.
 *
 * @param user who it signs in as. @default its admin
 */
export function addConnectionOptions(command: Command, user = ADMIN): Command {
  return command
    .option('--host <name>', 'where Postgres listens (default: as the URI or DATABASE_URL says)')
    .option('--port <number>', 'its port', parsePort, 5432)
    .option('--database <name>', 'the database')
    .option('--user <name>', user)
    .option('--password-file <file>', 'its password, in a file (default: PGPASSWORD)')
    .addOption(
      new Option('--sslmode <mode>', 'encryption (default: require, and disable on this machine)').choices([
        ...SSL_MODES,
      ]),
    )
    .option('--ssl-root-certificate <file>', 'certificates to trust, PEM');
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
      `the password file cannot be read (${(error as NodeJS.ErrnoException).code})`,
      'check the path and its mode',
    );
  }
}
