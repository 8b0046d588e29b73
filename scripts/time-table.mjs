import { relative } from 'node:path';
import { root } from './run.mjs';

const SLOWEST = 20;

/** How long tests took by vitest's report, as a table for `docs/tests.md`: seconds of each kind and of the slowest files. */
export function timeTable(testResults) {
  const files = testResults.map(({ name, startTime, endTime, assertionResults }) => ({
    name: relative(root, name),
    seconds: (endTime - startTime) / 1000,
    tests: assertionResults.length,
  }));
  const kinds = new Map();
  for (const { name, seconds, tests } of files) {
    const kind = name.split('/').slice(0, 2).join('/');
    const before = kinds.get(kind) ?? { name: kind, seconds: 0, tests: 0 };
    kinds.set(kind, { name: kind, seconds: before.seconds + seconds, tests: before.tests + tests });
  }
  return [
    '| seconds | tests | where |',
    '| ------: | ----: | ----- |',
    ...[...longest([...kinds.values()]), ...longest(files).slice(0, SLOWEST)].map(
      ({ name, seconds, tests }) => `| ${seconds.toFixed(0)} | ${tests} | \`${name}\` |`,
    ),
  ].join('\n');
}

const longest = (items) => items.toSorted((one, other) => other.seconds - one.seconds);
