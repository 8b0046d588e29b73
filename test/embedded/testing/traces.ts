import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';

/** Processes that run below `ancestor`, by their ids; those that have ended and wait for their parent don't count. */
export function processesBelow(ancestor: number): number[] {
  const listing = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,comm='], { encoding: 'utf8' }).stdout;
  const processes = listing
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , status, command]) => !status?.startsWith('Z') && command !== 'ps')
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
  const below = (parent: number): number[] =>
    processes.filter((process) => process.parent === parent).flatMap(({ pid }) => [pid, ...below(pid)]);
  return below(ancestor);
}

/** Whether there is such a process that has not ended. */
export function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}

export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** What the servers keep in a directory for temporary files. */
export function serverDirectories(directory = tmpdir()): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((name) => /^secured-postgrest-[0-9a-f]{12}$/.test(name));
}
