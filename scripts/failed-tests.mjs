import { relative } from 'node:path';
import { root } from './run.mjs';

const SHOWN_LINES = 8;

/** More files than these do not fail because other work took their time. */
const MOST_TRIED_AGAIN = 5;
/** A property that fails has a counterexample, whatever it says the next time. */
const COUNTEREXAMPLE = /Property failed after|FUZZ_SEED=/;

/** The files of vitest's report that get a second try: a few that failed, if no failure has a counterexample. */
export function filesToTryAgain(testResults) {
  const failed = testResults.filter(({ status }) => status === 'failed');
  const messages = failed.flatMap(({ message, assertionResults }) => [
    message,
    ...assertionResults.flatMap((test) => test.failureMessages ?? []),
  ]);
  if (messages.some((message) => COUNTEREXAMPLE.test(message))) return [];
  const files = [...new Set(failed.map(({ name }) => relative(root, name)))];
  return files.length > MOST_TRIED_AGAIN ? [] : files;
}

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
