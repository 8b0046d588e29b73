import type { Server } from '../../declaration/types.ts';
import type { Backend } from './backend.ts';

/** A backend whose PostgREST logs on another level than the declared one. */
export function withLogLevel(backend: Backend, logLevel: Server['logLevel']): Backend {
  return {
    ...backend,
    startServer({ declaration, ...options }) {
      const server = { ...declaration.server, logLevel };
      return backend.startServer({ ...options, declaration: { ...declaration, server } });
    },
  };
}
