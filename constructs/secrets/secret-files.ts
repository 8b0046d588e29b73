import { randomBytes } from 'node:crypto';
import { refuse, SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { readGivenFile, readPrivateFile } from '../../files/private-files.ts';

/** @throws SecuredPostgrestError `unreadable_secret`, `insecure_secret_file` */
export function read(path: string): string {
  try {
    return readGivenFile(path).toString('utf8');
  } catch (error) {
    if (error instanceof SecuredPostgrestError) throw error;
    refuse('unreadable_secret', path, 'the file cannot be read', 'create it, or let this user read it', error);
  }
}

/**
 * The content of a file of the directory; undefined where there is none.
 *
 * @throws SecuredPostgrestError `insecure_secret_file` where another user could have read or written it
 */
export const readIfThere = readPrivateFile;

/** A random secret of 256 bits, of characters that fit everywhere. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}
