import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isNamed } from '../docker/is-named.ts';
import { randomSecret } from './secret-files.ts';

/** Secrets of a deployment that its engine still has, each with the name of its file in a secrets directory. */
export interface RecoveredSecrets {
  readonly files: ReadonlyMap<string, string>;
  readonly adminPassword?: string;
  /** The keys that a token service signs with, as `keys export` prints them. */
  readonly keyRing?: string;
  /** The key set that the servers verify tokens with. */
  readonly keySet?: string;
}

/**
 * Copies the secrets of a deployment out of its volumes, through containers that mount them. Nothing is started or changed.
 *
 * @param name the declaration's name
 * @param containers the names of the deployment's containers
 * @param workDirectory a private directory, in which the copies lie for a moment
 */
export function recoverSecrets(
  address: readonly string[],
  name: string,
  containers: readonly string[],
  workDirectory: string,
): RecoveredSecrets {
  const copies = mkdtempSync(join(workDirectory, '.recovered-'));
  const copy = (...places: readonly [container: string, path: string][]): string | undefined => {
    const found = places.flatMap(([name, path]) =>
      containers.filter((container) => isNamed(name, container)).map((container) => `${container}:${path}`),
    );
    for (const place of found) {
      const file = join(copies, 'file');
      const { status } = spawnSync('docker', [...address, 'cp', place, file], { timeout: 30_000 });
      if (status === 0) return readFileSync(file, 'utf8');
    }
    return undefined;
  };
  // The container that has written a volume, or else the server that reads it.
  const volume = (id: string, file: string, server: string, directory: string) =>
    copy([`${name}-${id}-writer`, `/secret/${file}`], [`${name}-${server}`, `${directory}/${file}`]);
  const service = (id: string) => volume(`token-service-${id}`, id, 'token-service', `/etc/token-service/${id}`);
  try {
    const files = new Map<string, string>();
    const add = (file: string, content: string | undefined) => content !== undefined && files.set(file, content);
    const adminPassword = volume('postgres-password', 'password', 'postgres', '/run/secrets/postgres');
    const certificateDirectory = '/run/secrets/postgres-certificate';
    add(`${name}-postgres.pem`, volume('postgres-certificate', 'server.pem', 'postgres', certificateDirectory));
    add('token-service-password', service('password'));
    const login = copy([`${name}-database-login-writer`, '/secret/.pg_service.conf']);
    for (const [file, content] of login === undefined ? [] : loginFiles(login)) add(file, content);
    const keyRing = service('keys');
    const keySet = copy([`${name}-keys-writer`, '/secret/jwks.json']);
    return {
      files,
      ...(adminPassword !== undefined && { adminPassword }),
      ...(keyRing !== undefined && { keyRing }),
      ...(keySet !== undefined && { keySet }),
    };
  } finally {
    rmSync(copies, { recursive: true });
  }
}

/** From what the servers sign in with, which is the first or the second login. */
function loginFiles(text: string): [file: string, content: string][] {
  const { user, password } = /^user=(?<user>.+)\npassword=(?<password>.+)$/m.exec(text)?.groups ?? {};
  if (user === undefined || password === undefined) return [];
  if (!user.endsWith('_2')) return [['authenticator-password', password]];
  return [
    ['authenticator-password', randomSecret()],
    ['authenticator-2-password', password],
    ['authenticator-in-use', '2'],
  ];
}
