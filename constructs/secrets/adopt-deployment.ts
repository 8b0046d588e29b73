import { join } from 'node:path';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { writeKey } from '../../tokens/keys/key-directory.ts';
import { keyRing } from '../../tokens/keys/key-ring.ts';
import { keyStore } from '../../tokens/keys/key-store.ts';
import { makePrivateDirectory } from '../../files/private-files.ts';
import type { PrivateKey } from '../../tokens/keys/private-key.ts';
import { createFile } from '../../files/whole-files.ts';
import { DatabaseContainer } from './admin-password.ts';
import { writeIdentity } from './deployment-identity.ts';
import { engineAddress } from '../docker/engine-address.ts';
import { engineObjects } from '../docker/engine-objects.ts';
import { recoverSecrets, type RecoveredSecrets } from './recover-secrets.ts';
import { randomSecret, readIfThere } from './secret-files.ts';

export interface Adoption {
  /** The declaration's name. */
  readonly name: string;
  /** Identity of the deployment, as labels and errors name it. */
  readonly deployment: string;
  /** The secrets directory; made where it is missing. */
  readonly directory: string;
  /** Recovers from a Docker engine, which must have objects of the deployment. @default true */
  readonly engine?: boolean;
}

export interface Adopted {
  /** Files that were recovered from the engine. */
  readonly recovered: readonly string[];
  /** `set`: the database had another password. `unchecked`: its container does not run. `none`: it is in no container. */
  readonly adminPassword: 'accepted' | 'set' | 'unchecked' | 'none';
}

/**
 * Makes a secrets directory that of a deployment whose own is lost. What the engine still has is recovered from its volumes;
 * files of the directory are never overwritten. The containers and their data are left as they are.
 *
 * @throws SecuredPostgrestError `engine_failed`, `foreign_deployment` where the engine has nothing of the deployment,
 * `secret_exists` where a file differs from what was recovered, `insecure_secret_file`
 */
export async function adoptDeployment({ name, deployment, directory, engine = true }: Adoption): Promise<Adopted> {
  const address = engineAddress();
  const containers = engine ? await containersOf(address, name, deployment) : [];
  makePrivateDirectory(directory);
  const secrets = recoverSecrets(address, name, containers, directory);
  const database = new DatabaseContainer(address, `${name}-postgres`);
  const files = new Map(secrets.files);
  if (secrets.adminPassword !== undefined && !database.answers) files.set('admin-password', secrets.adminPassword);
  checkAgainst(directory, files);

  const recovered = [...files].filter(([file, text]) => createFile(join(directory, file), text));
  const keys = join(directory, 'keys');
  makePrivateDirectory(keys);
  const recoveredKeys = recoverKeys(keys, secrets);
  const adminPassword = containers.includes(`${name}-postgres`) ? agreePassword(database, directory) : 'none';
  // Last: until then, a deploy is still rejected.
  writeIdentity(directory, deployment);
  return { recovered: [...recovered.map(([file]) => file), ...recoveredKeys], adminPassword };
}

async function containersOf(address: readonly string[], name: string, deployment: string): Promise<string[]> {
  const objects = await engineObjects(address);
  if (!objects) {
    refuse('engine_failed', address.join(' '), 'no Docker engine answers there', 'start it, or name it in DOCKER_HOST');
  }
  const found = objects.filter((object) => object.declaration === name && object.deployment === deployment);
  if (found.length === 0) {
    const others = [...new Set(objects.filter((object) => object.declaration === name).map((o) => o.deployment))];
    refuse(
      'foreign_deployment',
      name,
      `the engine has nothing of deployment ${deployment}`,
      `name one of: ${others.join(', ') || '(it has none of that name)'}; DOCKER_HOST names another engine; --no-engine does without`,
    );
  }
  return found.filter(({ kind }) => kind === 'container').map((object) => object.name);
}

/** Rejects a directory with different secrets: they may belong to another deployment. */
function checkAgainst(directory: string, files: ReadonlyMap<string, string>): void {
  for (const [file, text] of files) {
    const present = readIfThere(join(directory, file));
    if (present === undefined || present === text || file === 'authenticator-password') continue;
    refuse(
      'secret_exists',
      join(directory, file),
      'this file is there, and differs from what the engine has',
      'move the directory away, or name another one, so that no secret is lost',
    );
  }
}

/** The private keys that a token service or, with HS256, the servers have. */
function recoverKeys(directory: string, { keyRing: document, keySet }: RecoveredSecrets): string[] {
  const store = keyStore(directory);
  const present = new Set(store.readKeys().map(({ key }) => key.kid));
  const written: string[] = [];
  const write = (key: PrivateKey, created: Date) => {
    if (!present.has(key.kid)) written.push(writeKey(directory, key, created));
    present.add(key.kid);
  };
  if (document !== undefined) {
    const ring = keyRing({ place: 'the token service', options: [], read: () => document });
    for (const { key, created } of ring.readKeys()) write(key, new Date(created));
    const states = ring.readStates();
    if (states && !store.readStates()) store.addVersion(states);
  }
  const { keys = [] } = JSON.parse(keySet ?? '{}') as { keys?: PrivateKey[] };
  for (const key of keys) if (key.kty === 'oct' && key.kid) write(key, new Date());
  return written.map((file) => file.slice(directory.length - 'keys'.length));
}

/** Gives the database another password than that of the lost directory, which so cannot deploy any more. */
function agreePassword(database: DatabaseContainer, directory: string): Adopted['adminPassword'] {
  const file = join(directory, 'admin-password');
  createFile(file, randomSecret());
  const password = readIfThere(file)!;
  if (!database.answers) return 'unchecked';
  if (database.accepts(password)) return 'accepted';
  database.setPassword(password);
  return 'set';
}
