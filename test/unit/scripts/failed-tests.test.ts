import { describe, expect, it } from 'vitest';
import { failedTests, filesToTryAgain } from '../../../scripts/failed-tests.mjs';
import { root } from '../../support/checkout.ts';

const result = (file: string, ...failures: readonly string[]) => ({
  name: `${root}/${file}`.replace('//', '/'),
  status: failures.length > 0 ? 'failed' : 'passed',
  message: '',
  assertionResults: [
    { fullName: 'works', status: 'passed', failureMessages: [] },
    ...failures.map((message) => ({ fullName: 'waits', status: 'failed', failureMessages: [message] })),
  ],
});
const crashed = (file: string) => ({ ...result(file), status: 'failed', message: 'cannot be loaded' });

describe('filesToTryAgain', () => {
  it.each([
    ['none where all passed', [result('a.test.ts')], []],
    ['a file once, however many tests failed', [result('a.test.ts', 'late', 'late')], ['a.test.ts']],
    ['a file once that failed on two versions', [result('a.test.ts', 'x'), result('a.test.ts', 'x')], ['a.test.ts']],
    ['a file that fails outside of its tests', [crashed('a.test.ts'), result('b.test.ts')], ['a.test.ts']],
    [
      'none where a property has a counterexample',
      [result('a.test.ts', 'Property failed after 3 tests'), result('b.test.ts', 'late')],
      [],
    ],
    ['none where a sequence opened rows', [result('a.test.ts', 'FUZZ_SEED=3, case 2')], []],
    ['none where many failed', [1, 2, 3, 4, 5, 6].map((n) => result(`${n}.test.ts`, 'x')), []],
  ])('names %s', (_, results, files) => {
    expect(filesToTryAgain(results)).toEqual(files);
  });
});

describe('failedTests', () => {
  it('names each failed test with the first lines of its error, without colors', () => {
    const message = ['\u001b[31mAssertionError\u001b[39m: no', ...Array.from({ length: 20 }, (_, n) => `line ${n}`)];
    const [failure, ...others] = failedTests([result('a.test.ts', message.join('\n')), result('b.test.ts')]);
    expect(others).toEqual([]);
    expect(failure).toMatch(/^failed: a\.test\.ts > waits\n {2}AssertionError: no\n {2}line 0\n/);
    expect(failure).not.toContain('line 10');
  });

  it('names a file that fails outside of its tests', () => {
    expect(failedTests([crashed('a.test.ts')])).toEqual(['failed: a.test.ts\n  cannot be loaded']);
  });
});
