import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyDeclaration, createRoles } from '../../../apply/index.ts';
import { allRows, declare } from '../../../declaration/index.ts';
import { serverSettings } from '../../../compile/server/settings.ts';
import { startPostgres, type PostgresServer } from '../../../testing/servers/postgres-server.ts';
import { postgrestBinary } from '../../../testing/servers/postgrest-binary.ts';
import { startPostgrest, type RunningPostgrest } from '../../../testing/servers/postgrest-server.ts';
import { createServerDirectory, type ServerDirectory } from '../../../testing/servers/server-directory.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { generateKey, publicKeySet, signToken, type PrivateKey } from '../../../tokens/index.ts';

const declaration = declare({
  name: 'cached',
  schemas: ['api'],
  roles: { users: ['cached_user'] },
  migrations: [{ file: '1.sql', sql: 'CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes VALUES (1)' }],
  tables: [
    { name: 'notes', grants: [{ to: 'cached_user', select: true }], policies: [allRows({ to: 'cached_user' })] },
  ],
  tokens: { revocation: {} },
});

let postgres: PostgresServer;
let secrets: ServerDirectory;
let servers: RunningPostgrest[] = [];
let keys: [PrivateKey, PrivateKey];
const sql = (text: string) => withClient(postgres.connection('cached'), (client) => client.query(text));
const publish = (...trusted: PrivateKey[]) => secrets.writeSecret('jwks.json', JSON.stringify(publicKeySet(trusted)));

beforeAll(async () => {
  const password = randomBytes(12).toString('hex');
  postgres = await startPostgres();
  secrets = createServerDirectory();
  await postgres.createDatabase('cached');
  const admin = postgres.connection('cached');
  await withClient(admin, (client) => createRoles(client, declaration, { authenticator: password }));
  await applyDeclaration(admin, declaration);
  keys = [await generateKey(), await generateKey()];
  const { host, port, database } = admin;
  const uri = `postgresql://${declaration.authenticator}:${password}@${host}:${port}/${database}`;
  const { version } = await postgrestBinary();
  const env = serverSettings(declaration, {
    databaseUri: `@${secrets.writeSecret('database-uri', uri)}`,
    jwtSecret: `@${publish(...keys)}`,
    port: 3000,
    adminPort: 3001,
    version,
  });
  servers = await Promise.all([startPostgrest({ env }), startPostgrest({ env })]);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await postgres?.stop();
  await secrets?.remove();
});

const tokenOf = (key: PrivateKey, subject: string) => signToken(key, { role: 'cached_user', subject });
const ask = (token: string) =>
  Promise.all(
    servers.map(
      async ({ url }) => (await fetch(`${url}/notes`, { headers: { Authorization: `Bearer ${token}` } })).status,
    ),
  );

it(
  'no server serves a token of a removed key from what it remembers, or a revoked token',
  { timeout: 180_000 },
  async () => {
    const [used, other, kept] = await Promise.all([
      tokenOf(keys[0], 'used'),
      tokenOf(keys[1], 'other'),
      tokenOf(keys[1], 'kept'),
    ]);
    for (let n = 0; n < 5; n++)
      expect([await ask(used), await ask(other), await ask(kept)].flat()).toEqual(Array(6).fill(200));

    await sql(`SELECT cached_private.revoke_subject('other')`);
    for (let n = 0; n < 5; n++) expect([await ask(other), await ask(kept)].flat()).toEqual([401, 401, 200, 200]);

    publish(keys[1]);
    while ((await ask(used)).some((status) => status !== 401)) {
      await sql(`NOTIFY pgrst, 'reload config'`);
      await sleep(100);
    }
    for (let n = 0; n < 20; n++) expect([await ask(used), await ask(kept)].flat()).toEqual([401, 401, 200, 200]);
  },
);
