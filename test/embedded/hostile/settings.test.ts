import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { declare } from '../../../declaration/index.ts';
import { settingNamed } from '../../../declaration/postgrest-settings.ts';
import { serverSettings } from '../../../compile/server/settings.ts';
import { checkVersion } from '../../../declaration/releases/versions.ts';
import { postgrestBinary } from '../../../testing/servers/postgrest-binary.ts';

/** The settings that a real server has, as it understands them. */
async function dumped(env: Record<string, string>): Promise<Map<string, string>> {
  const { path } = await postgrestBinary();
  const text = execFileSync(path, ['--dump-config'], { env, encoding: 'utf8' });
  return new Map([...text.matchAll(/^([\w.-]+) = "?(.*?)"?$/gm)].map(([, name, value]) => [name!, value!]));
}

const declaration = declare({ name: 'x', schemas: ['api'], roles: { users: [] } });
const places = {
  databaseUri: 'postgres://nobody@127.0.0.1:1/x',
  jwtSecret: '{"keys":[]}',
  port: 3000,
  adminPort: 3001,
};

it('every setting of the installed PostgREST is known, so that none is open by oversight', async () => {
  const { version } = await postgrestBinary();
  const names = [...(await dumped({ PGRST_DB_CONFIG: 'false' })).keys()];
  expect(names.length).toBeGreaterThan(30);
  expect(names.filter((name) => !settingNamed(name, checkVersion(version, 'here')))).toEqual([]);
});

it('each setting that is said reaches the server, and nothing is cached by time', async () => {
  const { version } = await postgrestBinary();
  const said = serverSettings(declaration, { ...places, version });
  const known = await dumped(said);
  for (const [variable, value] of Object.entries(said)) {
    const name = variable.slice('PGRST_'.length).toLowerCase().replaceAll('_', '-');
    if (!known.has(name)) expect(name).toBe('jwt-cache-max-entries');
    else if (!['jwt-role-claim-key', 'jwt-secret', 'db-pre-request'].includes(name))
      expect(known.get(name)).toBe(value);
  }
  expect(known.get('jwt-cache-max-lifetime') ?? '0').toBe('0');
});
