import { Opener } from '../../gateway/opener/opener.ts';
import { startOpeningProxy } from '../servers/opening-proxy.ts';
import type { Backend } from './backend.ts';

/** A backend whose PostgREST has an opener before it where the declaration accepts encrypted tokens. */
export function withOpener(backend: Backend): Backend {
  return {
    ...backend,
    async startServer({ port, ...options }) {
      const { encryption } = options.declaration.tokens;
      if (!encryption) return backend.startServer({ ...options, port });
      const server = await backend.startServer(options);
      try {
        const opener = new Opener({ encryption, readKeys: () => [options.decryptionKey] });
        const proxy = await startOpeningProxy({ opener, target: server.port, port });
        const stop = async () => {
          await proxy.stop();
          await server.stop();
        };
        let stopped: Promise<void> | undefined;
        const stopOnce = () => (stopped ??= stop());
        return {
          ...server,
          url: `http://127.0.0.1:${proxy.port}`,
          port: proxy.port,
          stop: stopOnce,
          [Symbol.asyncDispose]: stopOnce,
        };
      } catch (error) {
        await server.stop();
        throw error;
      }
    },
  };
}
