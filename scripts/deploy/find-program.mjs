import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** The path of a program, as a shell in that directory finds it; undefined where there is none. */
export function findProgram(name, directory, { PATH = '' }) {
  const places = name.includes('/') || isAbsolute(name) ? [directory] : PATH.split(delimiter);
  return places.map((place) => (place === directory ? resolve(place, name) : join(place, name))).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
