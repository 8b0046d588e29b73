import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

/**
 * Ports of 127.0.0.1 that are free now and differ from each other. Somebody else may take one before a server does,
 * so whoever starts a server has to be ready to try again.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    await Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
    return servers.map((server) => (server.address() as AddressInfo).port);
  } finally {
    await Promise.all(servers.map((server) => once(server.close(), 'close')));
  }
}

/** Whether nothing listens on a port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    await once(server.close(), 'close');
    return true;
  } catch {
    return false;
  }
}

/** Whether a process listens on all of some ports, as far as the system tells: Linux does. */
export function listensOn(pid: number, ports: readonly number[]): boolean {
  try {
    const fds = `/proc/${pid}/fd`;
    const own = new Set(readdirSync(fds).map((name) => readlinkSync(join(fds, name))));
    // Read once: that takes the system milliseconds.
    const listening = readFileSync(`/proc/${pid}/net/tcp`, 'latin1')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      // The state of a socket that listens, and what it is (man 5 proc_net).
      .filter(([, , , state, , , , , , inode]) => state === '0A' && own.has(`socket:[${inode}]`))
      .map(([, address]) => parseInt(address!.split(':')[1]!, 16));
    return ports.every((port) => listening.includes(port));
  } catch {
    // It has ended, or this system does not tell.
    return !existsSync('/proc/self/fd');
  }
}
