import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { applyDeclaration, createRoles } from '../../../apply/index.ts';
import { allRows, declare, ownRows, publicRows, type Declaration } from '../../../declaration/index.ts';
import { serverSettings } from '../../../compile/server/settings.ts';
import type { SigningAlgorithm } from '../../../declaration/types.ts';
import { startPostgres, type PostgresServer } from '../../../testing/servers/postgres-server.ts';
import { startPostgrest, type RunningPostgrest } from '../../../testing/servers/postgrest-server.ts';
import { createServerDirectory, type ServerDirectory } from '../../../testing/servers/server-directory.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { version } from '../../support/embedded-postgrest.ts';
import { generateKey, publicKeySet, type PrivateKey } from '../../../tokens/index.ts';

export const issuer = 'https://id.vault.example';
export const audience = 'vault-api';

/** Everybody has something to gain here: other users' notes, the auditor's view of all, what the owner may. */
export const vault = declare({
  name: 'vault',
  schemas: ['api'],
  roles: { anonymous: 'vault_anon', users: ['vault_user', 'vault_auditor'] },
  tokens: { issuer, audience },
  migrations: [
    {
      file: '001.sql',
      sql: `CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int NOT NULL, body text NOT NULL);
        CREATE INDEX ON notes (user_id);
        CREATE TABLE notices (body text PRIMARY KEY, published boolean NOT NULL);
        INSERT INTO notes (user_id, body) VALUES (1, 'of one'), (2, 'of two');
        INSERT INTO notices VALUES ('for everybody', true), ('not yet', false)`,
    },
  ],
  tables: [
    {
      name: 'notes',
      grants: [
        { to: 'vault_user', select: true, delete: true },
        { to: 'vault_auditor', select: true },
      ],
      policies: [
        ownRows({ to: 'vault_user', column: 'user_id', claim: 'user_id', type: 'int' }),
        allRows({ to: 'vault_auditor' }),
      ],
    },
    {
      name: 'notices',
      grants: [{ to: ['vault_anon', 'vault_user'], select: ['body'] }],
      policies: [publicRows({ to: ['vault_anon', 'vault_user'], where: { published: true } })],
    },
  ],
});

/** A server that trusts some keys. */
export interface Trusting {
  readonly url: string;
  /** The first key of the set: honest tokens are signed with it. */
  readonly key: PrivateKey;
  readonly keys: readonly PrivateKey[];
  /** The key set to the byte, as PostgREST was given it. */
  readonly keySet: string;
}

/** One database, and servers on it that differ in their keys only. */
export function useServers<Name extends string>(
  declaration: Declaration,
  keySets: Readonly<Record<Name, readonly SigningAlgorithm[]>>,
) {
  const password = randomBytes(12).toString('hex');
  const servers = new Map<string, Trusting>();
  const started: RunningPostgrest[] = [];
  let secrets: ServerDirectory;
  let postgres: PostgresServer;
  let databaseUri: string;

  /** Starts one more server, whose `jwt-secret` is this text. */
  async function trust(keySet: string): Promise<RunningPostgrest> {
    const jwtSecret = `@${secrets.writeSecret(`${started.length}.json`, keySet)}`;
    const addresses = { databaseUri, jwtSecret, port: 3000, adminPort: 3001 };
    const server = await startPostgrest({ env: serverSettings(declaration, { ...addresses, version }) });
    started.push(server);
    return server;
  }

  beforeAll(async () => {
    postgres = await startPostgres();
    secrets = createServerDirectory();
    await postgres.createDatabase(declaration.name);
    const admin = postgres.connection(declaration.name);
    await withClient(admin, (client) => createRoles(client, declaration, { authenticator: password }));
    await applyDeclaration(admin, declaration);
    const { host, port, database } = admin;
    const uri = `postgresql://${declaration.authenticator}:${password}@${host}:${port}/${database}`;
    databaseUri = `@${secrets.writeSecret('database-uri', uri)}`;
    for (const [name, algorithms] of Object.entries<readonly SigningAlgorithm[]>(keySets)) {
      const keys = await Promise.all(algorithms.map(generateKey));
      const keySet = JSON.stringify(publicKeySet(keys));
      const { url } = await trust(keySet);
      servers.set(name, { url, key: keys[0]!, keys, keySet });
    }
  });
  afterAll(async () => {
    await Promise.all(started.map((server) => server.stop()));
    await postgres?.stop();
    await secrets?.remove();
  });

  return {
    server: (name: Name) => servers.get(name)!,
    trust,
    /** Runs SQL as the superuser, past all policies. */
    sql: (text: string) =>
      withClient(
        postgres.connection(declaration.name),
        async (client) => (await client.query<Record<string, unknown>>(text)).rows,
      ),
  };
}
