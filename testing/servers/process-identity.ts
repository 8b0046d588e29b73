import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Identity of a process that a reused number cannot take over. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Where the number counts: this machine since it was booted, and inside of a container only there. */
  readonly realm: string;
  /** When it was started, in the operating system's own words. */
  readonly started: string;
}

export function ownIdentity(): ProcessIdentity {
  return (own ??= identityOf(process.pid));
}

/** Identity of a process on this machine that has not ended. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, realm: realm(), started: startOf(pid) ?? '' };
}

let own: ProcessIdentity | undefined;

/** Tests if the process is known to have ended. Of one in another container or on another machine nothing is known. */
export function hasEnded({ pid, realm: where, started }: ProcessIdentity): boolean {
  return where === ownIdentity().realm && startOf(pid) !== started;
}

function realm(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${hostname()} ${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** Undefined where there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      // Behind the name, which may hold anything: state is the third field, the start the twenty-second.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    if (process.platform === 'win32') {
      process.kill(pid, 0);
      return '';
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}
