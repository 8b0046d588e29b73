import { expect, it } from 'vitest';
import { parsePort } from '../../../cli/parse-port.ts';

it.each([
  ['1', 1],
  ['65535', 65535],
])('%s is a port', (text, port) => {
  expect(parsePort(text)).toBe(port);
});

it.each(['', '0', '65536', '-1', '1.5', '0x50', '1e3', ' 80', 'http'])('"%s" is rejected as a port', (text) => {
  expect(() => parsePort(text)).toThrow('write a number, 1 to 65535.');
});
