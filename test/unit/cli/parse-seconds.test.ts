import { describe, expect, it } from 'vitest';
import { parseLifetime, parseSeconds } from '../../../cli/parse-seconds.ts';
import { run } from '../../support/run-cli.ts';

it.each([
  ['0', 0],
  ['60', 60],
  ['0.3', 0.3],
])('%s is a number of seconds', (text, seconds) => {
  expect(parseSeconds(text)).toBe(seconds);
});

it.each(['', 'abc', 'NaN', '-1', '1e3', '5m', 'Infinity', ' 1', '0x10', '1.', '99999999999'])(
  '"%s" is rejected',
  (text) => {
    expect(() => parseSeconds(text)).toThrow('write seconds as a number, such as 60.');
  },
);

describe('a command that is given a typing error for seconds ends at once, and names the option', () => {
  it.each([
    ['--timeout', ['wait', '--container', 'x']],
    ['--maximum-age', ['keys', 'fetch', '--directory', 'd', '--issuer', 'https://id.example']],
    ['--propagation', ['keys', 'list', '--directory', 'd']],
  ])('%s of %j', async (option, command) => {
    const { code, stderr } = await run(...command, option, 'soon');
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`option '${option} <.*>' argument 'soon' is invalid. write seconds`));
  });
});

it('reads a lifetime in whole seconds, at least one', () => {
  expect(parseLifetime('3600')).toBe(3600);
  for (const text of ['1h', '0', '1.5', '-1', '', 'NaN']) {
    expect(() => parseLifetime(text)).toThrow('write whole seconds, 1 to 9999999999, such as 3600.');
  }
});
