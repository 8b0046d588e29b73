import { join } from 'node:path';
import { inject } from 'vitest';

/** A file of the compiled package, such as `cli/main.js`. */
export function compiled(file: string): string {
  return join(inject('compiledPackage'), 'dist', file);
}
