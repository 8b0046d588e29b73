import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { prove, type Proof } from '../../../../access/prove/prove.ts';
import { proofText } from '../../../../access/prove/report/proof-text.ts';
import { startSolver } from '../../../../access/prove/solver.ts';
import { testOf } from '../../../../access/prove/test-of.ts';
import { useMutatedExample } from '../../../support/prove/mutated-example.ts';
import { teams } from '../../../support/prove/teams.ts';

const root = new URL('../../../../', import.meta.url).pathname;
const leaking = useMutatedExample(teams('leaking'));

/** A folder of this checkout: what it imports resolves from there. */
let folder: string;
let proof: Proof;
beforeAll(async () => {
  folder = mkdtempSync(join(root, 'test/embedded/access/prove/written-'));
  const solver = await startSolver();
  proof = await leaking('', ({ client, audited, declaration }) => prove({ client, audited, declaration, solver }));
  await solver[Symbol.asyncDispose]();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('confirms a leak of each command on the table whose policy is open, and of no other table', () => {
  const leaks = proof.judgements.filter(({ verdict }) => verdict.status === 'leak');
  expect(leaks.map(({ property, command }) => `${property.relation.name} ${property.name} ${command}`)).toEqual([
    'files tenant-isolation select',
    'files tenant-isolation insert',
    'files tenant-isolation update',
    'files tenant-isolation delete',
  ]);
  expect(proofText(proof)).toMatch(
    /files\n.*\n.*\n {2}tenant-isolation {11}leak\n {4}teams_member, select: no row of another/,
  );
});

it('writes tests that fail on the leaking declaration and pass on the mended one', async () => {
  const leaks = proof.judgements.flatMap(({ property, verdict }) =>
    verdict.status === 'leak' ? [{ property, counterexample: verdict.counterexample }] : [],
  );
  for (const files of ['leaking', 'mended'] as const) {
    const place = join(folder, files);
    mkdirSync(place);
    writeFileSync(
      join(place, 'declaration.ts'),
      `import { teams } from '${relative(place, join(root, 'test/support/prove/teams.ts'))}';\nexport default teams('${files}');\n`,
    );
    for (const { property, counterexample } of leaks) {
      const written = await testOf(property, counterexample, proof.replays.get(counterexample)!, {
        declaration: './declaration.ts',
        vitest: relative(place, join(root, 'testing/vitest/index.ts')),
        anonymous: 'teams_anon',
      });
      writeFileSync(join(place, written.file), written.text);
    }
  }
  writeFileSync(
    join(folder, 'vitest.config.ts'),
    'export default { test: { testTimeout: 60_000, hookTimeout: 60_000 } };\n',
  );
  const [before, after] = [await runTests('leaking'), await runTests('mended')];
  expect(before).toMatchObject({ numTotalTests: 4, numFailedTests: 4 });
  expect(before.failures.every((message) => /AssertionError/.test(message))).toBe(true);
  expect(after).toMatchObject({ numTotalTests: 4, numPassedTests: 4 });
});

interface Results {
  readonly numTotalTests: number;
  readonly numFailedTests: number;
  readonly numPassedTests: number;
  readonly failures: readonly string[];
}

function runTests(files: string): Promise<Results> {
  const program = join(root, 'node_modules/vitest/vitest.mjs');
  const words = [
    program,
    'run',
    '--root',
    folder,
    '--config',
    join(folder, 'vitest.config.ts'),
    '--reporter=json',
    files,
  ];
  return new Promise((done, fail) => {
    execFile(process.execPath, words, { cwd: root, maxBuffer: 10_000_000 }, (_, stdout, stderr) => {
      try {
        const report = JSON.parse(stdout.slice(stdout.indexOf('{"num'))) as Results & {
          readonly testResults: readonly {
            readonly assertionResults: readonly { readonly failureMessages: string[] }[];
          }[];
        };
        const failures = report.testResults.flatMap(({ assertionResults }) =>
          assertionResults.flatMap(({ failureMessages }) => failureMessages),
        );
        done({ ...report, failures });
      } catch {
        fail(new Error(`${stdout}\n${stderr}`));
      }
    });
  });
}
