import type { ExplorerOptions } from './options.ts';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { answer } from './answer.ts';
import { createChanges } from './changes.ts';
import { servedFiles } from './files.ts';
import { respondProblem } from './respond.ts';
import { newSecret } from './secret.ts';

/** A page on which an API can be tried as each of its roles. */
export interface Explorer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:41235`. The page there can do nothing without the secret. */
  readonly url: string;
  /** New for each run: requests carry it in the header `Explorer-Secret`. */
  readonly secret: string;
  /** Opens the page with the secret, in the part of a URL that browsers send to no server. */
  readonly link: string;
  /** Has every open page show the API as it is now. */
  announceChange(): void;
  /** Ends it, open connections included. May be called again. */
  stop(): Promise<void>;
}

/**
 * Serves, on 127.0.0.1 only, a page in which a role is chosen: it shows the rows that the role reads, the requests that it may
 * send (with Swagger UI), and the access matrix. Requests carry the role's token. Nothing is loaded from anywhere else. All users of a machine can connect
 * to it; without the secret of the run they get the empty page, and neither tokens nor the API.
 *
 * Throws `missing_package` without npm's swagger-ui-dist, `port_taken` if the port is in use, and `start_failed` if it
 * cannot be had for another reason.
 *
 * @example
 * const explorer = await startExplorer({
 *   apiUrl: environment.url,
 *   declaration: () => declaration,
 *   identities: async () => [{ role: 'todos_anon', claims: {} }],
 *   tokenFor: (role, claims) => environment.tokenFor(role, claims),
 *   access: () => environment.access(),
 *   map: () => accessMap(environment.declaration),
 *   functions: async () => [],
 * });
 * console.log(explorer.link);
 */
export async function startExplorer(options: ExplorerOptions): Promise<Explorer> {
  const files = servedFiles();
  const secret = newSecret();
  const changes = createChanges();
  const server = createServer();
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  server.on('request', (request, response) => {
    answer(request, response, { ...options, files, port, secret, changes }).catch((error: unknown) => {
      respondProblem(response, 500, error instanceof Error ? error.message : String(error));
    });
  });
  const end = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= end());
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    secret,
    link: `${url}/#secret=${secret}`,
    announceChange: () => changes.announce(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const fix = 'name another port, or none for a free one';
    if (code === 'EADDRINUSE') refuse('port_taken', 'explorer', `port ${port} of 127.0.0.1 is in use`, fix, error);
    refuse('start_failed', 'explorer', `port ${port} of 127.0.0.1 cannot be had (${message})`, fix, error);
  }
}
