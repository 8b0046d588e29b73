import { statSync, watch as watchDirectory, type FSWatcher } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';

/** Extensions of modules and SQL files; a path without one may be a directory. */
const EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '.sql', ''];

export interface Watcher {
  /** Watches a directory, or what is beside a file, from now on; packages are not watched. */
  include(path: string): void;
  stop(): void;
}

/**
 * Tells that modules, SQL or directories have changed. It watches directories rather than files: editors put a new file
 * in the place of the old one, and files are added.
 *
 * @param onError told why a directory cannot be watched
 */
export function watch(onChange: () => void, onError: (error: unknown) => void): Watcher {
  const watched = new Map<string, { readonly watcher: FSWatcher; readonly inode: number }>();
  let stopped = false;
  const add = (path: string) => {
    const { directory, inode } = nearestDirectory(resolve(path));
    const before = watched.get(directory);
    if (before?.inode === inode || directory.split(/[\\/]/).includes('node_modules')) return;
    // Another directory under the same name.
    before?.watcher.close();
    const watcher = watchDirectory(directory, (_, name) => {
      if (name === null || EXTENSIONS.includes(extname(name))) onChange();
    });
    // It is gone; whoever needs it says so again.
    watcher.on('error', () => watched.delete(directory));
    watched.set(directory, { watcher, inode });
  };
  return {
    include(path) {
      if (stopped) return;
      try {
        add(path);
      } catch (error) {
        onError(error);
      }
    },
    stop() {
      stopped = true;
      for (const { watcher } of watched.values()) watcher.close();
    },
  };
}

function nearestDirectory(path: string): { readonly directory: string; readonly inode: number } {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() ? { directory: path, inode: found.ino } : nearestDirectory(dirname(path));
}
