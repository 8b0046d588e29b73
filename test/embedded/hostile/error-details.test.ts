import { expect, it } from 'vitest';
import { declare } from '../../../declaration/index.ts';
import { startEphemeralPostgrest } from '../../../testing/index.ts';
import { postgrestBinary } from '../../../testing/servers/postgrest-binary.ts';

const { version } = await postgrestBinary();
const isMinimal = Number.parseInt(version, 10) >= 16;

const declaring = (settings: Readonly<Record<string, string>>) =>
  declare({
    name: 'error_details',
    schemas: ['api'],
    roles: { anonymous: 'ed_anon', users: [] },
    migrations: [{ file: '1.sql', sql: 'CREATE FUNCTION secret_name() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$' }],
    functions: [{ name: 'secret_name', execute: 'ed_anon' }],
    server: { ...(isMinimal && { version }), settings },
  });

async function misspelt(settings: Readonly<Record<string, string>> = {}): Promise<object> {
  await using api = await startEphemeralPostgrest(declaring(settings));
  const response = await fetch(`${api.url}/rpc/secret_nam`);
  expect(response.status).toBe(404);
  return (await response.json()) as object;
}

const named = { hint: expect.stringContaining('api.secret_name') as string };

it(`PostgREST ${version} tells ${isMinimal ? 'no names in' : 'names in the hints of'} errors`, async () => {
  const error = await misspelt();
  if (!isMinimal) return expect(error).toMatchObject(named);
  expect(Object.keys(error).sort()).toEqual(['code', 'message']);
  expect(JSON.stringify(error)).not.toContain('secret_name"');
  expect(JSON.stringify(error)).not.toContain('secret_name(');
});

it.runIf(isMinimal)('a setting of the declaration brings the hints back', async () => {
  expect(await misspelt({ 'client-error-verbosity': 'verbose' })).toMatchObject(named);
});
