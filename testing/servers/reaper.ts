import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { shellWord } from '../../errors/shell-word.ts';
import { userOf, userWords } from './end-server.ts';
import { identityOf, type ProcessIdentity } from './process-identity.ts';

/**
 * A shell that waits for this process to end, however it does, and then undoes what is left of it: the end of a pipe can
 * not be missed. It is there only while there is something to undo.
 */
interface Reaper {
  readonly shell: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly pending: Set<number>;
  count: number;
}

let current: Reaper | undefined;

/**
 * Has a command run if this process, or this worker, dies before the returned function has taken it back; what was said
 * last is undone first. The function resolves when nothing of the reaper is left, or others still need it. The command is
 * words of a POSIX shell, without line breaks, or `remove_server` with a directory and the words of its user. Does nothing on Windows, which has no such
 * shell.
 */
export function undoAfterDeath(command: readonly string[]): () => Promise<void> {
  if (process.platform === 'win32') return () => Promise.resolve();
  const reaper = (current ??= startReaper());
  const number = ++reaper.count;
  reaper.pending.add(number);
  reaper.shell.stdin!.write(`+ ${number} ${command.map(shellWord).join(' ')}\n`);
  return async () => {
    if (!reaper.pending.delete(number)) return;
    reaper.shell.stdin!.write(`- ${number}\n`);
    if (reaper.pending.size > 0) return;
    if (current === reaper) current = undefined;
    await finish(reaper);
  };
}

/** The process that undoes what this one leaves; undefined if there is nothing to undo. */
export function reaperIdentity(): ProcessIdentity | undefined {
  const pid = current?.shell.pid;
  return pid === undefined ? undefined : identityOf(pid);
}

/** Removes the directories of servers whose process has died, and ends the servers. */
export async function removeServers(directories: readonly string[]): Promise<void> {
  const reaper = startReaper();
  directories.forEach((directory, index) =>
    reaper.shell.stdin!.write(
      `+ ${index + 1} ${['remove_server', directory, ...userWords(userOf(directory))].map(shellWord).join(' ')}\n`,
    ),
  );
  await finish(reaper);
}

async function finish({ shell, ended }: Reaper): Promise<void> {
  shell.stdin!.end();
  // Awaited: now it does keep this process.
  shell.ref();
  await ended;
}

function startReaper(): Reaper {
  const script = fileURLToPath(new URL('reaper.sh', import.meta.url));
  // A session of its own: what ends the terminal's processes must not end it as well.
  const shell = spawn('/bin/sh', [script, process.execPath], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = Promise.race([once(shell, 'exit'), once(shell, 'error')]).catch(() => undefined);
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  // Whoever uses it may end at any time; that is what it is for.
  shell.unref();
  (shell.stdin as typeof shell.stdin & { unref(): void }).unref();
  return { shell, ended, pending: new Set(), count: 0 };
}
