import { execFileSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { refuse } from '../declaration/errors.ts';
import type { KeySource, SigningAlgorithm } from '../declaration/types.ts';
import { isInUse, readManagedKeys } from '../jwt/managed-keys.ts';
import { loadVerificationKeys } from '../jwt/read-key-source.ts';
import { ownProgram } from '../apply/own-program.ts';
import { scramVerifier, verifierMatches } from '../apply/scram-verifier.ts';
import { SecretFile } from './secret-file.ts';
import { certificateOf, isServerCertificate, newServerCertificate } from './server-certificate.ts';

export interface SecretsDirectoryProps {
  /** The declaration's name. */
  readonly name: string;
  /** The directory; keep it out of version control. @default `.secrets/<name>` below the current directory */
  readonly directory?: string;
  /** A file that holds the database admin's password already. @default one is generated */
  readonly adminPasswordFile?: string;
}

/**
 * Where the secrets of one API live on the machine that deploys: files with mode 0600 in a directory with mode 0700.
 * What is missing is generated when it is first asked for, and kept from then on.
 *
 * @example
 * const secrets = new SecretsDirectory({ name: 'todos' });
 * secrets.adminPassword.path; // '<current directory>/.secrets/todos/admin-password'
 */
export class SecretsDirectory {
  /** Absolute path of the directory. */
  readonly path: string;
  /** Absolute path of the directory with the private keys. */
  readonly keysPath: string;
  /** Password of the database's admin. */
  readonly adminPassword: SecretFile;

  /** @throws SecuredPostgrestError `unreadable_secret`, `insecure_secret_file` */
  constructor(props: SecretsDirectoryProps) {
    this.path = resolve(props.directory ?? join('.secrets', props.name));
    this.keysPath = join(this.path, 'keys');
    makeDirectory(this.path);
    makeDirectory(this.keysPath);
    this.adminPassword =
      props.adminPasswordFile === undefined ? this.generated('admin-password') : existing(props.adminPasswordFile);
  }

  /** Password that PostgREST signs in to the database with. */
  get authenticatorPassword(): SecretFile {
    return this.generated('authenticator-password');
  }

  /** The SCRAM verifier of {@link authenticatorPassword}; the same text as long as the password is the same. */
  get authenticatorVerifier(): SecretFile {
    const password = read(this.authenticatorPassword.path);
    const path = join(this.path, 'authenticator-verifier');
    if (!verifierMatches(readIfThere(path) ?? '', password)) replace(path, scramVerifier(password));
    return new SecretFile(path);
  }

  /**
   * The key set that PostgREST verifies tokens with. A key to be generated is made with the first call.
   *
   * @throws SecuredPostgrestError what reading the keys refuses, such as `invalid_key_set` or `weak_secret`
   */
  verificationKeys(keys: KeySource): SecretFile {
    const isMissing = (algorithm: SigningAlgorithm) =>
      !readManagedKeys(this.keysPath).some((key) => isInUse(key, algorithm));
    if ('generate' in keys && isMissing(keys.generate)) {
      const [node, ...command] = ownProgram('cli/main');
      const options = ['keys', 'generate', '--directory', this.keysPath, '--algorithm', keys.generate];
      execFileSync(node, [...command, ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
    }
    return this.written('jwks.json', JSON.stringify(loadVerificationKeys(keys, this.keysPath)));
  }

  /** The URI that PostgREST connects with. Host and port are no secrets: they reach the server as PGHOST and PGPORT. */
  databaseUri(authenticator: string, database: string): SecretFile {
    const password = read(this.authenticatorPassword.path);
    const [user, secret, name] = [authenticator, password, database].map(encodeURIComponent);
    return this.written('database-uri', `postgres://${user}:${secret}@/${name}`);
  }

  /**
   * What a server proves its identity with to those that reach it as one of the hosts: one file with key and certificate for
   * the server, and one with the certificate alone for its clients. Both are made again when less than a year is left.
   */
  serverCertificate(...hosts: [string, ...string[]]): { server: SecretFile; certificate: SecretFile } {
    const path = join(this.path, `${hosts[0]}.pem`);
    const present = readIfThere(path);
    if (present === undefined) create(path, newServerCertificate(hosts));
    else if (!isServerCertificate(present, hosts)) replace(path, newServerCertificate(hosts));
    for (;;) {
      const pem = read(path);
      const certificate = this.written(`${hosts[0]}-certificate.pem`, certificateOf(pem));
      // Another process may have made it again meanwhile.
      if (read(path) === pem) return { server: new SecretFile(path), certificate };
    }
  }

  /**
   * A short text that changes when the secret does. It is keyed with a random key of this directory, so that it can be
   * stored anywhere without telling anything about the secret, not even a weak one.
   */
  fingerprint(secret: SecretFile): string {
    return this.keyed(read(secret.path));
  }

  /** Tells deployments apart that are otherwise named alike; no secret. */
  get identity(): string {
    return this.keyed('deployment');
  }

  private keyed(text: string): string {
    const key = read(this.generated('fingerprint-key').path);
    return createHmac('sha256', key).update(text).digest('hex').slice(0, 16);
  }

  private generated(name: string): SecretFile {
    const path = join(this.path, name);
    if (readIfThere(path) === undefined) create(path, randomBytes(32).toString('base64url'));
    return new SecretFile(path);
  }

  private written(name: string, content: string): SecretFile {
    const path = join(this.path, name);
    if (readIfThere(path) !== content) replace(path, content);
    return new SecretFile(path);
  }
}

function existing(path: string): SecretFile {
  const secret = new SecretFile(path);
  if (read(secret.path) === '') refuse('unreadable_secret', path, 'the file is empty', 'write the password into it');
  return secret;
}

function makeDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    refuse('unreadable_secret', path, 'the file cannot be read', 'create it, or let this user read it', error);
  }
}

/** The content of a file in the directory, which nobody else may be able to read. */
function readIfThere(path: string): string | undefined {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) return undefined;
  if ((mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(4, '0');
    refuse('insecure_secret_file', path, `others can use this file (mode ${octal})`, `run: chmod 600 '${path}'`);
  }
  return read(path);
}

function temporary(path: string, content: string): string {
  const name = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  writeFileSync(name, content, { mode: 0o600, flag: 'wx' });
  return name;
}

function replace(path: string, content: string): void {
  renameSync(temporary(path, content), path);
}

/** Creates a file whole or not at all; where another process was faster, its file stays. */
function create(path: string, content: string): void {
  const name = temporary(path, content);
  try {
    linkSync(name, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(name);
  }
}
