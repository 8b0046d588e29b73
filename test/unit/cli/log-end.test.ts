import { expect, it } from 'vitest';
import { logEnd } from '../../../cli/dev/log-end.ts';

it.each([
  ['', ''],
  ['started\nlistening\n', 'listening'],
  ['FATAL: first\nFATAL: second\nPANIC: third\nLOG: shut down\n\n', 'FATAL: second; PANIC: third'],
  [`ERROR: ${'x'.repeat(1000)}`, `ERROR: ${'x'.repeat(193)}...`],
])('of %j is %j', (log, end) => {
  expect(logEnd(log)).toBe(end);
});
