import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The summaries that `addStacks` wrote when the app was synthesized. */
export function summaries(out) {
  const { stacks } = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
  return Object.values(stacks)
    .map(({ workingDirectory }) => join(out, workingDirectory, 'summary.txt'))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'));
}
