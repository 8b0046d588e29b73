import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openerHandler, type OpenerEvent } from './answer.ts';
import { Opener, type OpenerOptions } from './opener.ts';

export interface OpenerServiceOptions extends OpenerOptions {
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** 0 for a free one. */
  readonly port: number;
  /** How often the keys are read again, in milliseconds. @default 1000 */
  readonly reloadMs?: number;
  readonly log: (event: OpenerEvent) => void;
}

export interface RunningOpener {
  /** Such as `http://127.0.0.1:8070`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** All headers of a request together, in bytes: nginx hands on up to four lines of 8 KB. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Starts the service behind nginx' `auth_request`. It takes other keys without a restart. */
export async function startOpener(options: OpenerServiceOptions): Promise<RunningOpener> {
  const { host = '127.0.0.1', log, reloadMs = 1000 } = options;
  const opener = new Opener(options);
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, openerHandler(opener, log));
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(options.port, host, resolve);
  });
  const reloading = setInterval(() => {
    try {
      opener.reloadKeys();
    } catch (error) {
      log({ event: 'failed', problem: (error as Error).message });
    }
  }, reloadMs);
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${port}`,
    async stop() {
      clearInterval(reloading);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
