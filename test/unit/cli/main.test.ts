import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { compiled } from '../../support/compiled.ts';
import { run } from '../../support/run-cli.ts';

it('has the version of the package', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

it('prints a refusal as one line, without a stack', async () => {
  const { code, stdout, stderr } = await run('keys', 'list', '--directory', 'no\nsuch');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^secured-postgrest: no such: there is no such key directory; .* \[unreadable_key\]\n$/);
});

it('fails on an unknown command', async () => {
  const { code, stderr } = await run('nonsense');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^secured-postgrest: unknown command 'nonsense'.*; see --help \[invalid_usage\]\n$/);
});

it('ends without a word where nobody reads on, as a program that SIGPIPE ends', async () => {
  const child = spawn(process.execPath, [compiled('cli/main.js'), 'plan-sql', 'examples/todos/declaration.ts']);
  child.stdout.destroy();
  const [ended, stderr] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
  expect({ ended, stderr }).toEqual({ ended: [141, null], stderr: '' });
});
