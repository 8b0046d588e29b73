import { createHash } from 'node:crypto';
import { desiredAccess } from '../declaration/access.ts';
import type { Declaration } from '../declaration/types.ts';

/** Changes when a database would have to be brought to another state: not with server settings, keys or ports. */
export function accessFingerprint(declaration: Declaration): string {
  const access = { ...declaration, server: undefined, keys: undefined };
  return createHash('sha256')
    .update(JSON.stringify([access, desiredAccess(declaration)]))
    .digest('hex');
}
