// `npm test`: type check, lint, and every kind of test that this machine can run. Arguments pass through to vitest.
// The last line counts tests; a check that fails counts as one failed test, a file that cannot run here as one skipped.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { failedTests } from './failed-tests.mjs';
import { obstacle } from './requirements.mjs';
import { root, runModule } from './run.mjs';
import { timeTable } from './time-table.mjs';

const PIPED = ['ignore', 'pipe', 'pipe'];

/** The priority of what fills the pauses of another lane. */
const LOWER = 5;

/** Kinds that run at the same time: the first ones, a file at a time, wait for the engine more than they compute. */
const lanes = [
  ['docker', 'deploy', 'engine'],
  ['unit', 'site', 'terrain', 'embedded', 'postgrest-14', 'postgrest-16', 'browser'],
];

const args = process.argv.slice(2);
/** Without the projects, which are those that can run here. */
const otherArgs = args.filter((arg, index) => !arg.startsWith('--project') && args[index - 1] !== '--project');
const required = process.env.REQUIRE_DEPLOY_TESTS === '1';
const reports = mkdtempSync(join(tmpdir(), 'test-reports-'));
const count = { passed: 0, failed: 0, skipped: 0 };
const failedChecks = [];

/** Starts a program of `node_modules`; `stdio` is that of its streams. */
const start = (script, options, stdio) =>
  spawn(process.execPath, [`${root}node_modules/${script}`, ...options], { cwd: root, stdio });

/** Prints what a program does line by line, so that lines stay whole where several print. */
function printLines(child) {
  for (const stream of [child.stdout, child.stderr].filter((piped) => piped !== null))
    createInterface({ input: stream }).on('line', (line) => console.log(line));
}

const ended = async (child) => (await once(child, 'close'))[0];

async function check(title, script, ...options) {
  const program = start(script, options, PIPED);
  printLines(program);
  const status = await ended(program);
  console.log(`${title}: ${status === 0 ? 'passed' : 'failed'}`);
  if (status !== 0) failedChecks.push(title);
}

const readReport = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);

function listFiles() {
  const report = join(reports, 'list.json');
  const { status } = runModule('vitest/vitest.mjs', ['list', `--json=${report}`, '--filesOnly', ...args]);
  return { status, found: readReport(report) };
}

/** Runs the tests of some kinds, and answers what vitest reports and its exit status. `priority`: as that of `nice`. */
async function runTests(kinds, stdio, priority) {
  const report = join(reports, `${kinds.join('-')}.json`);
  const options = [`--outputFile.json=${report}`, '--reporter=default', '--reporter=json', ...otherArgs];
  const projects = kinds.map((kind) => `--project=${kind}`);
  const vitest = start('vitest/vitest.mjs', ['run', ...options, ...projects], stdio);
  if (priority !== undefined) setPriority(vitest.pid, priority);
  printLines(vitest);
  const status = await ended(vitest);
  return { status, found: readReport(report) };
}

/** Those of the kinds that can run here; says which cannot, and counts their files. */
function runnable(kinds, files) {
  return kinds.filter((kind) => {
    const reason = obstacle(kind);
    if (reason) {
      const missed = files.filter((file) => file.projectName === kind).length;
      count[required ? 'failed' : 'skipped'] += missed;
      console.log(`${kind} tests: ${missed} ${missed === 1 ? 'file' : 'files'} not run: ${reason}`);
    }
    return !reason;
  });
}

function countTests({ status, found }) {
  const before = count.failed;
  for (const file of found?.testResults ?? []) {
    const failed = file.assertionResults.filter((test) => test.status === 'failed').length;
    const passed = file.assertionResults.filter((test) => test.status === 'passed').length;
    count.passed += passed;
    count.skipped += file.assertionResults.length - passed - failed;
    // A file may fail outside of its tests: it cannot be loaded, or a hook throws.
    count.failed += failed || Number(file.status === 'failed');
  }
  if (status !== 0 && count.failed === before) count.failed += 1;
}

process.loadEnvFile(`${root}test/support/images/names.env`);

const { status, found: files } = listFiles();
const checks = Promise.all([
  check('type check', 'typescript/bin/tsc', '--noEmit'),
  check('eslint', 'eslint/bin/eslint.js', '.'),
  check('prettier', 'prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'),
]);

if (status !== 0 || files.length === 0) {
  console.log(`no test files found${args.length > 0 ? ` for: ${args.join(' ')}` : ''}`);
  count.failed += 1;
} else {
  if (process.env.FULL_TESTS !== '1') console.log('wide sets: a fixed sample of each; FULL_TESTS=1 runs them whole');
  const selected = lanes
    .map((lane) => lane.filter((kind) => files.some((file) => file.projectName === kind)))
    .filter((lane) => lane.length > 0);
  const stdio = selected.length > 1 ? PIPED : 'inherit';
  // The lane of the deploys takes as long as the whole run: it does not wait for the checks, and goes first.
  const isEarly = (lane) => selected.length > 1 && lane === selected[0];
  const runs = selected.flatMap((lane) => {
    const kinds = runnable(lane, files);
    if (kinds.length === 0) return [];
    return [isEarly(lane) ? runTests(kinds, stdio) : checks.then(() => runTests(kinds, stdio, LOWER))];
  });
  const results = await Promise.all(runs);
  results.forEach(countTests);
  const testResults = results.flatMap(({ found }) => found?.testResults ?? []);
  console.log(timeTable(testResults));
  for (const failure of failedTests(testResults)) console.log(failure);
}

await checks;
for (const title of failedChecks) console.log(`failed: ${title}`);
count.failed += failedChecks.length;
rmSync(reports, { recursive: true });
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed === 0 ? 0 : 1;
