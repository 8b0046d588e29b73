import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Directory of an installed npm package, looked for from this package, then from the current working directory. With
 * `dependent`, also from that package: strict installers show a package only to those that depend on it.
 */
export function installedPackage(name: string, dependent?: string): string | undefined {
  const starts = [import.meta.url, join(process.cwd(), 'package.json')];
  for (const start of starts) {
    const direct = lookUp(name, start);
    if (direct !== undefined) return direct;
    const parent = dependent === undefined ? undefined : lookUp(dependent, start);
    const indirect = parent === undefined ? undefined : lookUp(name, join(parent, 'package.json'));
    if (indirect !== undefined) return indirect;
  }
  return undefined;
}

// Not `require.resolve`: these packages' `exports` hide all but their entry, or they have none.
function lookUp(name: string, start: string): string | undefined {
  const candidates = createRequire(start).resolve.paths(name) ?? [];
  const found = candidates.map((folder) => join(folder, name)).find((path) => existsSync(join(path, 'package.json')));
  return found === undefined ? undefined : realpathSync(found);
}
