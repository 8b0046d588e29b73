import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';

/** The path of a program, as a shell in that directory finds it; undefined where there is none. */
export function findProgram(name, directory, { PATH = '' }) {
  const places = name.includes('/') ? [''] : PATH.split(delimiter);
  return places.map((place) => resolve(directory, place, name)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
