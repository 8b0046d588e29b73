import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, lstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverEnvironment } from './server-environment.ts';
import { isServerUser, type ServerUser } from './server-user.ts';

/** The user of the servers in a directory that this user has made; undefined for this user. */
export function userOf(directory: string): ServerUser | undefined {
  const data = lstatSync(join(directory, 'data'), { throwIfNoEntry: false });
  if (data === undefined || data.uid === process.getuid?.()) return undefined;
  return { uid: data.uid, gid: data.gid };
}

/** Arguments with which the reaper's `remove_server` and `end-server.sh` learn the servers' user. */
export function userWords(user: ServerUser | undefined): string[] {
  return user ? [String(user.uid), String(user.gid), ...alone(user)] : [];
}

/**
 * Ends whatever runs as the servers' user in a directory, and empties its `data`. All of it is done as that user: what a
 * server has put there can have root neither follow a link nor end another process.
 */
export async function endServer(directory: string, user: ServerUser): Promise<void> {
  await withScript(async (script) => {
    await once(spawn('/bin/sh', ...shell(directory, user, script)), 'close');
  });
}

/** The same, where nothing can be awaited. */
export function endServerNow(directory: string, user: ServerUser): void {
  withScript((script) => spawnSync('/bin/sh', ...shell(directory, user, script)));
}

function shell(directory: string, user: ServerUser, script: number) {
  // The user may not be able to read it where it is.
  const stdio: ['ignore' | number, 'ignore', 'ignore'] = [script, 'ignore', 'ignore'];
  return [['-s', directory, ...alone(user)], { ...user, stdio, cwd: '/', env: serverEnvironment() }] as const;
}

const alone = ({ uid }: ServerUser) => (isServerUser(uid) ? ['alone'] : []);

function withScript<T>(use: (script: number) => T): T {
  const script = openSync(fileURLToPath(new URL('end-server.sh', import.meta.url)), 'r');
  try {
    return use(script);
  } finally {
    closeSync(script);
  }
}
