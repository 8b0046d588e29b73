import { randomBytes } from 'node:crypto';
import { applyDeclaration, createRoles } from '../apply/index.ts';
import { serverSettings } from '../compile/server/settings.ts';
import type { Declaration, SqlSource } from '../declaration/types.ts';
import { databaseUrl } from '../testing/servers/database-url.ts';
import { imageVersion } from '../compile/images.ts';
import { withClient } from '../postgres/with-client.ts';
import { generateKey, publicKeySet } from '../tokens/index.ts';
import { imagesAvailable, postgresImage, postgrestImage } from '../test/support/images.ts';

export interface Peer {
  /** URL of the API, which serves. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Why the peer cannot run here; undefined where it can. */
export function peerObstacle(): Promise<string | undefined> {
  const reason = `no Docker engine answers, or it lacks ${postgresImage} or ${postgrestImage} (test/support/images/build.sh makes them)`;
  return Promise.resolve(imagesAvailable() ? undefined : reason);
}

/**
 * The same Postgres and PostgREST by npm's testcontainers, as quick as its users would make them: data in memory, nothing
 * synced. Roles, access and seed are made as everywhere.
 *
 * @example
 * const peer = await startPeer(declaration, [sqlFile('examples/todos/seed.sql')]);
 * await fetch(`${peer.url}/todos?select=title`);
 * await peer.stop();
 */
export async function startPeer(declaration: Declaration, seed: readonly SqlSource[]): Promise<Peer> {
  // Its container that removes the others has an image that may not be had here; it is read with the library.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  const { GenericContainer, Network, Wait } = await import('testcontainers');
  const [admin, authenticator] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')];
  const network = await new Network().start();
  const postgres = await new GenericContainer(postgresImage)
    .withNetwork(network)
    .withNetworkAliases('postgres')
    .withEnvironment({ POSTGRES_PASSWORD: admin, POSTGRES_DB: declaration.name })
    .withCommand(['postgres', '-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'])
    .withTmpFs({ '/var/lib/postgresql/data': 'rw' })
    .withExposedPorts(5432)
    // The first time is that of the server that the image sets itself up with.
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .start();

  const connection = {
    host: postgres.getHost(),
    port: postgres.getMappedPort(5432),
    database: declaration.name,
    user: 'postgres',
    password: admin,
  };
  await withClient(connection, (client) => createRoles(client, declaration, { authenticator }));
  await applyDeclaration(connection, declaration);
  for (const { sql } of seed) await withClient(connection, (client) => client.query(sql));

  const uri = databaseUrl({
    host: 'postgres',
    database: declaration.name,
    user: declaration.authenticator,
    password: authenticator,
  });
  const keySet = publicKeySet([await generateKey()]);
  const postgrest = await new GenericContainer(postgrestImage)
    .withNetwork(network)
    .withEnvironment(
      serverSettings(declaration, {
        databaseUri: '@/database-uri',
        jwtSecret: '@/jwks.json',
        port: 3000,
        adminPort: 3001,
        version: imageVersion(postgrestImage) ?? declaration.server.version,
      }),
    )
    .withCopyContentToContainer([
      { content: uri, target: '/database-uri' },
      { content: JSON.stringify(keySet), target: '/jwks.json' },
    ])
    .withExposedPorts(3000)
    .withWaitStrategy(Wait.forHttp('/', 3000).forStatusCodeMatching((status) => status < 500))
    .start();

  return {
    url: `http://${postgrest.getHost()}:${postgrest.getMappedPort(3000)}`,
    async stop() {
      await Promise.all([postgrest.stop({ timeout: 0 }), postgres.stop({ timeout: 0 })]);
      await network.stop();
    },
  };
}
