import { readFileSync } from 'node:fs';

/** Whom a server runs as; spread into the options of `spawn`. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Postgres refuses to run as root: where this process is root, its server runs as `nobody`, or else as `postgres`.
 * Everybody else runs it as themselves, which is what `undefined` says.
 */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  // `nobody` first: on a machine with a real Postgres, that user's files are not for a test's superuser to read.
  const account = ['nobody', 'postgres'].map((name) => accounts.find((fields) => fields[0] === name)).find(Boolean);
  return { uid: Number(account?.[2] ?? 65534), gid: Number(account?.[3] ?? 65534) };
}
