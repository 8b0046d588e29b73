import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

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

/** Whether a process listens on a port, as far as the system tells: Linux does. */
export function listensOn(pid: number, port: number): boolean {
  try {
    const sockets = readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      // Address and port in hexadecimal; the state of one that listens (man 5 proc_net).
      .filter(([, address, , state]) => state === '0A' && parseInt(address!.split(':')[1]!, 16) === port)
      .map((fields) => `socket:[${fields[9]}]`);
    return readdirSync(`/proc/${pid}/fd`).some((name) => sockets.includes(readlinkSync(`/proc/${pid}/fd/${name}`)));
  } catch {
    return true;
  }
}
