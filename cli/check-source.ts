import { existsSync, lstatSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { shellWord } from '../errors/shell-word.ts';
import { isOurs, privateDirectory, unsafePlace, wayTo } from '../files/safe-directory.ts';

/** Names that Node.js and tsx look up in a module's directory and each one above it. */
const LOOKED_UP = ['node_modules', 'package.json', 'tsconfig.json'];

/**
 * Checks that no other user, except root, can change or replace a file or a directory whose content is run.
 *
 * @throws SecuredPostgrestError `unsafe_directory`
 */
export function checkSource(path: string): void {
  if (!existsSync(path)) return;
  const unsafe = unsafePlace(path) ?? openDirectory(path);
  if (unsafe === undefined) return;
  const place = shellWord(unsafe);
  const mend = isOurs(lstatSync(unsafe)) ? `chmod go-w ${place}` : `chown -h ${process.getuid!()} ${place}`;
  refuse(
    'unsafe_directory',
    path,
    `another user can change or replace ${unsafe}`,
    `check its content, then run: ${mend}`,
  );
}

/** The same for a module, and for what Node.js finds beside it and above it. */
export function checkModule(file: string): void {
  checkSource(file);
  for (const directory of wayTo(dirname(resolve(file))))
    for (const name of LOOKED_UP) checkSource(join(directory, name));
}

/** A directory with the sticky bit that others may add files to. */
function openDirectory(path: string): string | undefined {
  return lstatSync(path).isDirectory() && privateDirectory(path) === undefined ? path : undefined;
}
