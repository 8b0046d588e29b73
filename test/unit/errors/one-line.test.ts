import { expect, it } from 'vitest';
import { oneLine } from '../../../errors/one-line.ts';

it.each([
  ['plain words', 'plain words'],
  ['\u001b[31mred\u0007\n\n\tand more \n', '[31mred and more'],
  ['', ''],
  ['x'.repeat(20), 'x'.repeat(20)],
  ['x'.repeat(21), `${'x'.repeat(20)}…`],
])('%j becomes %j', (text, line) => {
  expect(oneLine(text, 20)).toBe(line);
});
