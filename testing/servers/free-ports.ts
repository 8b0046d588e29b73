import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ServerUser } from './server-user.ts';

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

/**
 * Tests if a server listens on all of some ports. Only Linux reports that; on other systems the answer is true.
 *
 * @param user of the server alone, by whom its sockets are told; what another user's process has open root can only see with
 * a capability that containers lack. By default they are told by the process
 */
export function listensOn(pid: number, ports: readonly number[], user?: ServerUser): boolean {
  try {
    const isOwn = user === undefined ? opens(pid) : ({ uid }: Socket) => uid === user.uid;
    const missing = new Set(ports);
    for (const socket of listeningSockets()) {
      if (isOwn(socket)) missing.delete(socket.port);
      if (missing.size === 0) return true;
    }
    return false;
  } catch {
    // It has ended, or this system does not tell.
    return !existsSync('/proc/self/fd');
  }
}

interface Socket {
  readonly port: number;
  readonly uid: number;
  readonly inode: string;
}

function opens(pid: number): (socket: Socket) => boolean {
  const fds = `/proc/${pid}/fd`;
  const files = new Set(readdirSync(fds).map((name) => readlinkSync(join(fds, name))));
  return ({ inode }) => files.has(`socket:[${inode}]`);
}

/** Those of this machine, or container (man 5 proc_net). Linux lists them before connections, which it takes milliseconds to find. */
function* listeningSockets(): Generator<Socket> {
  for (const line of linesOf('/proc/self/net/tcp', SOCKET_LENGTH)) {
    const [, address, , state, , , , uid, , inode] = line.trim().split(/\s+/);
    if (state === LISTENING) yield { port: parseInt(address!.split(':')[1]!, 16), uid: Number(uid), inode: inode! };
  }
}

const LISTENING = '0A';
/** Bytes of a line. Linux looks for no more sockets than were asked for. */
const SOCKET_LENGTH = 150;

/** Lines of a file. Each call reads a number of bytes, when the next line is needed. */
function* linesOf(path: string, bytes: number): Generator<string> {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    let text = '';
    for (let length = readSync(file, buffer); length > 0; length = readSync(file, buffer)) {
      const lines = (text + buffer.toString('latin1', 0, length)).split('\n');
      text = lines.pop()!;
      yield* lines;
    }
  } finally {
    closeSync(file);
  }
}
