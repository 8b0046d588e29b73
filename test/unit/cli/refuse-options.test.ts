import { expect, it } from 'vitest';
import { run } from '../../support/run-cli.ts';

const file = 'examples/todos/declaration.ts';

it.each([
  ['access prove', [file, '--host', '127.0.0.1'], '--host'],
  ['access prove', [file, '--replay'], '--replay'],
  ['access prove', [file, '--declaration', file], '--declaration'],
  ['access prove', [file, '--schemas', 'none'], '--schemas'],
  ['access map', [file, '--sslmode', 'verify-full'], '--sslmode'],
  ['access map', [file, '--declaration', file], '--declaration'],
  ['access map', [file, '--roles', 'todos_user'], '--roles'],
  ['access diff', [file, file, '--password-file', 'none'], '--password-file'],
  ['access diff', ['HEAD:declaration.ts', '--anonymous', 'none'], '--anonymous'],
])('%s rejects an option for a database where it reads a declaration: %s', async (command, args, option) => {
  const { code, stdout, stderr } = await run(...command.split(' '), ...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    new RegExp(`: ${option}: it is an option for a database, and \\S+ is a declaration; .*\\[invalid_prop\\]\n$`),
  );
});
