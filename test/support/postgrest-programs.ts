import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Major versions of PostgREST that some embedded tests run on, in addition to npm's. */
const MAJORS = [14, 16];

/** A PostgREST on the PATH, such as `postgrest-16`. */
export interface PostgrestProgram {
  readonly name: string;
  /** Its absolute path; its name where it is not there, which environments refuse. */
  readonly path: string;
}

/** The programs of the versions that tests run on, found or not. */
export function postgrestPrograms(): PostgrestProgram[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  return MAJORS.map((major) => {
    const name = `postgrest-${major}`;
    return { name, path: folders.map((folder) => join(folder, name)).find(existsSync) ?? name };
  });
}
