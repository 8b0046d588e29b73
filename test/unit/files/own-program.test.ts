import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ownProgram } from '../../../files/own-program.ts';

it('runs a program from the sources', () => {
  const [node, ...rest] = ownProgram('cli/main');
  expect(node).toBe(process.execPath);
  expect(existsSync(rest.at(-1)!)).toBe(true);
  expect(execFileSync(node, [...rest, '--help'], { encoding: 'utf8' })).toContain('secured-postgrest');
});
