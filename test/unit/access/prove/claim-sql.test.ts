import { expect, it } from 'vitest';
import { anyOf, claimCalls, claimSql, withClaims } from '../../../../access/prove/properties/claim-sql.ts';
import { rejection } from '../../../support/errors.ts';

it('writes a claim by its path, and casts it unless it is a text', () => {
  expect(claimSql('sub')).toBe(`claim('sub')`);
  expect(claimSql(['app', "o'clock"], 'int')).toBe(`claim('app', 'o''clock')::int`);
});

it('joins conditions once each, and is false without one', () => {
  expect(anyOf([])).toBe('false');
  expect(anyOf(['a', 'a'])).toBe('a');
  expect(anyOf(['a', 'b'])).toBe('(a) OR (b)');
});

it('replaces calls of claim and nothing else, also behind letters of several bytes', async () => {
  const only = `"straße" = 'claim(''x'')' AND id = claim('team', 'id')::int OR name = claim('sub')`;
  const calls = await claimCalls(only, 'only');
  expect(calls.map(({ path }) => path)).toEqual([['team', 'id'], ['sub']]);
  expect(await withClaims(only, { sub: "o'neil" })).toBe(
    `"straße" = 'claim(''x'')' AND id = pg_catalog.json_extract_path_text('{"sub":"o''neil"}'::pg_catalog.json, 'team', 'id')::int OR name = pg_catalog.json_extract_path_text('{"sub":"o''neil"}'::pg_catalog.json, 'sub')`,
  );
});

it.each([
  [`id =`, /^only: "id =" is not SQL \(.*\); correct it \[invalid_property\]$/],
  [`a, b`, /"a, b" is not one expression/],
  [`id = claim(name)::int`, /a call of claim in .* has other arguments than texts; .* \[invalid_property\]$/],
])('rejects %s', async (only, message) => {
  expect((await rejection(claimCalls(only, 'only'))).message).toMatch(message);
});
