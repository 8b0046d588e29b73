import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { refuse } from '../../errors/secured-postgrest-error.ts';

/** Whom a server runs as; spread into the options of `spawn`. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

interface Range {
  readonly first: number;
  readonly end: number;
}

/** Numbers that no user of a system has: the first that systemd leaves unused, the second for containers with few. */
const UNUSED: readonly Range[] = [
  { first: 0x70000000, end: 0x7fffffff },
  { first: 52_000, end: 60_000 },
];

/**
 * Postgres refuses to run as root, and PostgREST needs none of its rights: where this process is root, each server runs as a user of its own that is in no list
 * of users, so that no other process can reach it. Everybody else runs it as themselves, which is what `undefined` says.
 */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const { first, end } = UNUSED.find(isMapped) ?? UNUSED.at(-1)!;
  const id = randomInt(first, end);
  return { uid: id, gid: id };
}

/** Tests if {@link serverUser} made this id up. Only the processes of one server run with such an id. */
export function isServerUser(uid: number): boolean {
  return UNUSED.some(({ first, end }) => first <= uid && uid < end);
}

/**
 * Tests if neither a process nor shared memory belongs to a server's own user: then nothing can come of it any more. False
 * where that cannot be told.
 */
export function hasNothing({ uid }: ServerUser): boolean {
  if (process.platform !== 'linux' || !isServerUser(uid)) return false;
  try {
    if (busyUsers().has(uid)) return false;
    const memory = readFileSync('/proc/sysvipc/shm', 'utf8').trim().split('\n').slice(1);
    // Owner and creator (man 5 proc_sysvipc).
    return !memory.some((line) => [7, 9].some((field) => Number(line.trim().split(/\s+/)[field]) === uid));
  } catch {
    return false;
  }
}

/** Tests if a process may have these ids. In containers without the system's root, only some ids are mapped. */
function isMapped({ first, end }: Range): boolean {
  if (process.platform !== 'linux') return true;
  return readFileSync('/proc/self/uid_map', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .some(([inside = 0, , count = 0]) => inside <= first && end <= inside + count);
}

/**
 * Whom initdb runs as where this process is root: it refuses a user without an entry in the list of users. Takes one that
 * no process runs as, since any that did could change the new cluster.
 *
 * Throws `start_failed` if there is none.
 */
export function idleAccount(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const busy = busyUsers();
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([name, , uid]) => name && uid && !busy.has(Number(uid)))
    // A person could sign in at any time.
    .sort((one, other) => Number(canSignIn(one)) - Number(canSignIn(other)));
  const account = accounts[0];
  if (account === undefined) {
    refuse(
      'start_failed',
      'initdb',
      'each user of /etc/passwd but root runs processes, which could change what it makes',
      'add a user (useradd --system --shell /usr/sbin/nologin initdb), or do not run as root',
    );
  }
  return { uid: Number(account[2]), gid: Number(account[3]) };
}

const canSignIn = (account: readonly string[]) => !/\/(nologin|false)$/.test(account[6] ?? '');

function busyUsers(): Set<number> {
  const users = new Set([0]);
  if (process.platform !== 'linux') return users;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      // Real, effective, saved, and for files.
      const [, ids] = /^Uid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
      for (const id of ids!.split('\t')) users.add(Number(id));
    } catch {
      // It has just ended.
    }
  }
  return users;
}
