import { once } from 'node:events';
import { createServer } from 'node:net';
import { refuse } from '../../errors/secured-postgrest-error.ts';

const HOST = '127.0.0.1';
const FIX = 'name another, or none for a free one';

/**
 * Rejects a port on which this process cannot listen.
 *
 * @param place name for errors. @default 'port'
 * @throws SecuredPostgrestError `port_taken`, `start_failed`
 */
export async function checkPort(port: number, place?: string): Promise<void> {
  const server = createServer();
  try {
    await once(server.listen(port, HOST), 'listening');
    await once(server.close(), 'close');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') refuseTakenPort(port, error, place);
    if (code === 'EACCES') refuseDeniedPort(port, error, place);
    throw error;
  }
}

/** @throws SecuredPostgrestError `port_taken` */
export function refuseTakenPort(port: number, cause?: unknown, place = 'port'): never {
  refuse('port_taken', place, `${port} of ${HOST} is in use`, FIX, cause);
}

/** @throws SecuredPostgrestError `start_failed` */
export function refuseDeniedPort(port: number, cause?: unknown, place = 'port'): never {
  refuse('start_failed', place, `its user may not listen on ${port} of ${HOST}`, FIX, cause);
}
