import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Moves what was synthesized to the place where Terraform runs, each file whole at once, the manifest last, and removes the
 * stacks that there are no more. What Terraform keeps there stays.
 */
export function publish(from, out) {
  const stacks = directoriesOf(join(from, 'stacks'));
  for (const name of directoriesOf(join(out, 'stacks')).filter((one) => !stacks.includes(one))) {
    rmSync(join(out, 'stacks', name), { recursive: true });
  }
  const files = readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, path, name }) => join(parentPath ?? path, name).slice(from.length + 1));
  for (const file of files.sort((a, b) => Number(a === MANIFEST) - Number(b === MANIFEST))) {
    mkdirSync(dirname(join(out, file)), { recursive: true });
    renameSync(join(from, file), join(out, file));
  }
}

const MANIFEST = 'manifest.json';

function directoriesOf(path) {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
