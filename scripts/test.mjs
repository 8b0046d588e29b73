// `npm test`: type check, lint, and every kind of test that this machine can run. Arguments pass through to vitest.
// The last line counts tests; a check that fails counts as one failed test, a file that cannot run here as one skipped.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obstacle } from './requirements.mjs';
import { root, runModule } from './run.mjs';

const args = process.argv.slice(2);
/** Without the projects, which are those that can run here. */
const otherArgs = args.filter((arg, index) => !arg.startsWith('--project') && args[index - 1] !== '--project');
const required = process.env.REQUIRE_DEPLOY_TESTS === '1';
const reports = mkdtempSync(join(tmpdir(), 'test-reports-'));
const count = { passed: 0, failed: 0, skipped: 0 };

function check(title, script, ...options) {
  console.log(title);
  if (runModule(script, options).status !== 0) count.failed += 1;
}

/** Runs vitest, which writes what it found to a file of JSON; answers that and the exit status. */
function vitest(command, report, ...options) {
  const file = join(reports, `${command}.json`);
  const { status } = runModule('vitest/vitest.mjs', [command, ...options, `${report}=${file}`]);
  return { status, found: existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined };
}

/** The kinds of the selected test files that can run here; says which cannot, and counts their files. */
function runnableKinds(files) {
  return [...new Set(files.map((file) => file.projectName))].filter((kind) => {
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

check('type check', 'typescript/bin/tsc', '--noEmit');
check('eslint', 'eslint/bin/eslint.js', '.');
check('prettier', 'prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.');

const { status, found: files } = vitest('list', '--json', '--filesOnly', ...args);
if (status !== 0 || files.length === 0) {
  console.log(`no test files found${args.length > 0 ? ` for: ${args.join(' ')}` : ''}`);
  count.failed += 1;
} else {
  if (process.env.FULL_TESTS !== '1') console.log('wide sets: a fixed sample of each; FULL_TESTS=1 runs them whole');
  const kinds = runnableKinds(files).map((kind) => `--project=${kind}`);
  if (kinds.length > 0)
    countTests(vitest('run', '--outputFile.json', '--reporter=default', '--reporter=json', ...kinds, ...otherArgs));
}

rmSync(reports, { recursive: true });
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed === 0 ? 0 : 1;
