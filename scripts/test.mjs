// `npm test`: type check, lint, and every kind of test that this machine can run. Arguments pass through to vitest.
// The last line counts tests; a check that fails counts as one failed test, a file that cannot run here as one skipped.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { installTerrain } from './cdk-terrain.mjs';
import { failedTests, filesToTryAgain } from './failed-tests.mjs';
import { obstacle } from './requirements.mjs';
import { root, runModule } from './run.mjs';
import { timeTable } from './time-table.mjs';

const PIPED = ['ignore', 'pipe', 'pipe'];

/**
 * Kinds that run at the same time: those that compute, and, a file at a time, those that wait for the engine more than they
 * compute. `engine`, which looks at all addresses of the machine, waits for these. `priority`: as that of `nice`; the deploys
 * take as long as the whole run. What needs no image comes first: it runs while images are built.
 */
const lanes = [
  {
    kinds: [
      ...['unit', 'unit-shared', 'site', 'terrain'],
      ...['embedded', 'embedded-shared', 'postgrest-14', 'postgrest-16', 'browser'],
    ],
    usesEngine: false,
    priority: 5,
  },
  { kinds: ['deploy'], usesEngine: true, priority: 0 },
  { kinds: ['docker', 'deploy-other-names'], usesEngine: true, priority: 3 },
  { kinds: ['kubernetes'], usesEngine: true, priority: 3 },
];
const afterOthers = ['engine'];

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
async function runTests(kinds, stdio, { priority = 0, options = otherArgs }) {
  const report = join(reports, `${kinds.join('-')}.json`);
  const reporters = [`--outputFile.json=${report}`, '--reporter=default', '--reporter=json'];
  const projects = kinds.map((kind) => `--project=${kind}`);
  const vitest = start('vitest/vitest.mjs', ['run', ...reporters, ...options, ...projects], stdio);
  setPriority(vitest.pid, priority);
  printLines(vitest);
  const status = await ended(vitest);
  return { kinds, status, testResults: readReport(report)?.testResults ?? [] };
}

/** Runs failed files again, one at a time. In a whole run other work may have taken their time: now there is none. */
async function tryAgain(result) {
  const files = args.length === 0 ? filesToTryAgain(result.testResults) : [];
  if (files.length === 0) return result;
  for (const failure of failedTests(result.testResults)) console.log(`second try of ${failure}`);
  const again = await runTests(result.kinds, 'inherit', { options: ['--no-file-parallelism', ...files] });
  const others = result.testResults.filter(({ name }) => again.testResults.every((file) => file.name !== name));
  return { ...again, testResults: [...others, ...again.testResults] };
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

function countTests({ status, testResults }) {
  const before = count.failed;
  for (const file of testResults) {
    const failed = file.assertionResults.filter((test) => test.status === 'failed').length;
    const passed = file.assertionResults.filter((test) => test.status === 'passed').length;
    count.passed += passed;
    count.skipped += file.assertionResults.length - passed - failed;
    // A file may fail outside of its tests: it cannot be loaded, or a hook throws.
    count.failed += failed || Number(file.status === 'failed');
  }
  if (status !== 0 && count.failed === before) count.failed += 1;
}

// Terraform, its providers and the docker command end soon: collecting less garbage saves a fifth of Terraform's time.
process.env.GOGC ??= '400';
process.env.PACKED_PACKAGE = join(reports, 'packed package');
process.loadEnvFile(`${root}test/support/images/names.env`);

installTerrain();
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
  const wanted = (kinds) => kinds.filter((kind) => files.some((file) => file.projectName === kind));
  const selected = [...lanes.map(({ kinds }) => kinds), afterOthers].filter((kinds) => wanted(kinds).length > 0);
  const stdio = selected.length > 1 ? PIPED : 'inherit';
  const runs = lanes.flatMap(({ kinds, usesEngine, priority }) => {
    const here = runnable(wanted(kinds), files);
    if (here.length === 0) return [];
    const run = () => runTests(here, stdio, { priority });
    return [{ usesEngine, result: selected.length > 1 ? run() : checks.then(run) }];
  });
  const before = Promise.all(runs.filter(({ usesEngine }) => usesEngine).map(({ result }) => result));
  const last = runnable(wanted(afterOthers), files);
  if (last.length > 0) runs.push({ result: before.then(() => runTests(last, stdio, {})) });
  const results = await Promise.all(runs.map(({ result }) => result));
  const testResults = results.flatMap(({ testResults }) => testResults);
  console.log(timeTable(testResults));
  const firstFailures = failedTests(testResults);
  const counted = [];
  for (const result of results) counted.push(await tryAgain(result));
  counted.forEach(countTests);
  const failures = failedTests(counted.flatMap(({ testResults }) => testResults));
  for (const failure of firstFailures.filter((failure) => !failures.includes(failure))) {
    console.log(`at the first try, ${failure}`);
  }
  for (const failure of failures) console.log(failure);
}

await checks;
for (const title of failedChecks) console.log(`failed: ${title}`);
count.failed += failedChecks.length;
rmSync(reports, { recursive: true });
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed === 0 ? 0 : 1;
