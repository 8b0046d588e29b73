import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { serverSettings } from '../../../compile/server/settings.ts';
import type { ServerOptions } from '../backend.ts';
import { databaseUrl } from '../../servers/database-url.ts';
import { HOST, type Place, SECRETS, startContainer } from './docker-container.ts';
import { imageVersion } from '../../../compile/images.ts';
import { POSTGRES } from './docker-postgres.ts';
import type { RunningPostgrest } from '../../servers/postgrest-server.ts';

const PORT = 3000;

/** PostgREST in a container, on the Postgres of the same network, with the settings of a deployment. */
export async function startPostgrestContainer(
  place: Place,
  name: string,
  image: string,
  { declaration, database, password, keySet, port: fixedPort }: ServerOptions,
): Promise<RunningPostgrest> {
  const authenticator = { ...POSTGRES, database, user: declaration.authenticator, password };
  const secrets = { 'database-uri': databaseUrl(authenticator), 'jwks.json': JSON.stringify(keySet) };
  const { port, server } = await startContainer(
    {
      ...place,
      name,
      image,
      user: 1000,
      memory: 256,
      env: serverSettings(declaration, {
        databaseUri: `@${SECRETS}/database-uri`,
        jwtSecret: `@${SECRETS}/jwks.json`,
        port: PORT,
        adminPort: 3001,
        version: imageVersion(image) ?? declaration.server.version,
      }),
      secrets,
      hidden: [...Object.values(secrets), password],
      innerPort: PORT,
      port: fixedPort,
      startTimeoutMs: 30_000,
    },
    serves,
  );
  const stop = () => server.stop();
  return {
    url: `http://${HOST}:${port}`,
    port,
    died: server.died,
    logs: () => server.logs(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/**
 * Any answer but a server error will do: who asks here has no token, and may well be refused. The admin port, which
 * tells the same, is not published.
 */
async function serves(port: number): Promise<boolean> {
  const status = await statusOf(port);
  // Each of these is in the server's log.
  if (status !== undefined && status >= 500) await delay(50);
  return status !== undefined && status < 500;
}

function statusOf(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host: HOST, port, path: '/', method: 'HEAD', agent: false, timeout: 1000 });
    asked.on('response', (response) => resolve(response.resume().statusCode));
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}
