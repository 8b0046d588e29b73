import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** State of a listening socket in /proc/net/tcp. */
const LISTEN = '0A';

/** The process that listens on a port, as far as this user may see it; only on Linux. */
export function listener(port: number): string | undefined {
  const sockets = new Set(['tcp', 'tcp6'].flatMap((table) => socketsOn(table, port)));
  if (sockets.size === 0) return undefined;
  const processes = attempt(() => readdirSync('/proc')) ?? [];
  for (const pid of processes.filter((name) => /^\d+$/.test(name))) {
    if (!openSockets(pid).some((socket) => sockets.has(socket))) continue;
    return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (process ${pid})`;
  }
  return undefined;
}

function socketsOn(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return lines(`/proc/net/${table}`).flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    return state === LISTEN && local.endsWith(suffix) ? [`socket:[${inode}]`] : [];
  });
}

function lines(file: string): string[] {
  return attempt(() => readFileSync(file, 'latin1').split('\n')) ?? [];
}

function openSockets(pid: string): string[] {
  const descriptors = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  return descriptors.flatMap((descriptor) => attempt(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`)) ?? []);
}

/** Processes end, and those of other users cannot be seen. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
