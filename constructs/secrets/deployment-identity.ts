import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { replaceFile } from '../../files/whole-files.ts';
import { readIfThere } from './secret-files.ts';

/** The file of a secrets directory with the identity of a deployment that it has taken over. */
const FILE = 'deployment';
/** The file with the random key of a secrets directory. */
export const KEY_FILE = 'fingerprint-key';

/** The identity of a secrets directory: the one that it has taken over, or else its own. Undefined where it is new. */
export function readIdentity(directory: string): string | undefined {
  const adopted = readIfThere(join(directory, FILE))?.trim();
  if (adopted !== undefined) return checkIdentity(join(directory, FILE), adopted);
  const key = readIfThere(join(directory, KEY_FILE));
  return key === undefined ? undefined : keyed(key, 'deployment');
}

/** A short text that changes with another one and tells nothing about it. */
export function keyed(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex').slice(0, 16);
}

export function writeIdentity(directory: string, identity: string): void {
  replaceFile(join(directory, FILE), `${checkIdentity('--deployment', identity)}\n`);
}

/** It gets into Terraform's configuration, where other texts might be evaluated. */
function checkIdentity(place: string, text: string): string {
  if (/^[0-9a-f]{16}$/.test(text)) return text;
  refuse('unreadable_secret', place, `"${text}" is no identity of a deployment`, 'write 16 hexadecimal digits');
}
