import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { refuse } from '../declaration/errors.ts';

/** @throws SecuredPostgrestError `unreadable_secret` */
export function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    refuse('unreadable_secret', path, 'the file cannot be read', 'create it, or let this user read it', error);
  }
}

/** The content of a file in the directory, which nobody else may be able to read. */
export function readIfThere(path: string): string | undefined {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) return undefined;
  if ((mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(4, '0');
    refuse('insecure_secret_file', path, `others can use this file (mode ${octal})`, `run: chmod 600 '${path}'`);
  }
  return read(path);
}

/** A secret that nobody can guess, and that fits everywhere. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}
