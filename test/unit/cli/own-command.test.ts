import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ownCommand } from '../../../cli/own-command.ts';

it.each([
  ['in a clone', join(process.cwd(), 'cli/main.ts'), 'npx tsx cli/main.ts'],
  ['in a clone beside a space', join(process.cwd(), 'a clone/cli/main.ts'), "npx tsx 'a clone/cli/main.ts'"],
  ['where the package is installed', '/app/node_modules/.bin/secured-postgrest', 'npx secured-postgrest'],
  ['of the package', '/app/node_modules/cdktf-secured-postgrest/dist/cli/main.js', 'npx secured-postgrest'],
])('the command line is called by what can be copied, %s', (_, program, expected) => {
  expect(ownCommand(program)).toBe(expected);
});
