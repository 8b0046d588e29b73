import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { run } from '../../support/run-cli.ts';

it('has the version of the package', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

it('prints a refusal as one line, without a stack', async () => {
  const { code, stdout, stderr } = await run('keys', 'list', '--directory', 'no\nsuch');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^secured-postgrest: no such: the key directory can't be read; .* \[unreadable_key\]\n$/);
});

it('fails on an unknown command', async () => {
  const { code, stderr } = await run('nonsense');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: unknown command 'nonsense'/);
});
