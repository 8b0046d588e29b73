import { relative } from 'node:path';
import { root } from './run.mjs';

const SHOWN_LINES = 8;

/** The failed tests of vitest's report, each with the first lines of its error: the end of a long log says what failed. */
export function failedTests(testResults) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    // A file may fail outside of its tests: it cannot be loaded, or a hook throws.
    if (failed.length === 0) return status === 'failed' ? [`failed: ${file}${shown([message])}`] : [];
    return failed.map(({ fullName, failureMessages }) => `failed: ${file} > ${fullName}${shown(failureMessages)}`);
  });
}

const shown = (messages) =>
  messages
    .flatMap((message) => withoutColors(message).split('\n').slice(0, SHOWN_LINES))
    .map((line) => `\n  ${line}`)
    .join('');

// eslint-disable-next-line no-control-regex -- the colors of vitest's messages
const withoutColors = (text) => text.replace(/\u001b\[[0-9;]*m/g, '');
