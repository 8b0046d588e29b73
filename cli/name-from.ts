import { basename, resolve } from 'node:path';
import { refuse } from '../errors/secured-postgrest-error.ts';

/** A directory's name as the name of a declaration, such as `my_notes` for `~/My Notes`. */
export function nameFrom(directory: string): string {
  const name = basename(resolve(directory))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^[_0-9]+|_+$/g, '');
  if (name !== '') return name;
  refuse('invalid_name', directory, 'no name can be made of the directory', 'give one with --name');
}
