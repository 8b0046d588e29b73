import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { thumbprint } from '../../declaration/keys/key-set.ts';
import { ownKeys, providerOf } from '../../declaration/keys/provider.ts';
import type { TokenServiceClient } from '../../declaration/token-service/token-clients.ts';
import { tokenServiceKeys } from '../../declaration/token-service/token-service.ts';
import type { Declaration, JsonWebKeySet, KeySource, SigningAlgorithm } from '../../declaration/types.ts';
import { keysFromFile } from '../../tokens/keys/key-backends.ts';
import { exportDecryptionKeys, exportSigningKeys } from '../../tokens/keys/key-ring.ts';
import { generateDecryptionKey } from '../../tokens/keys/generate-decryption-key.ts';
import { generateKeySync } from '../../tokens/keys/generate-key.ts';
import { addKey } from '../../tokens/keys/key-steps.ts';
import { keysInDirectory, type KeyPlace, type KeyStore } from '../../tokens/keys/key-store.ts';
import { keysCommand } from '../../tokens/keys/keys-command.ts';
import { isInUse, readKeys, readManagedKeys } from '../../tokens/keys/managed-keys.ts';
import { makePrivateDirectory } from '../../files/private-files.ts';
import type { PrivateKey } from '../../tokens/keys/private-key.ts';
import { publicKeySet } from '../../tokens/keys/public-key-set.ts';
import { loadSigningKey, loadVerificationKeys } from '../../tokens/keys/read-key-source.ts';
import { ownProgram } from '../../files/own-program.ts';
import { AuthenticatorLogins } from './authenticator-logins.ts';
import { createFile, replaceFile } from '../../files/whole-files.ts';
import { discardFiles, rememberFiles } from './new-files.ts';
import { randomSecret, read, readIfThere } from './secret-files.ts';
import { KEY_FILE, keyed, readIdentity } from './deployment-identity.ts';
import { type ISecretFile, SecretFile } from './secret-file.ts';
import type { EncryptionKeyFiles, ISecrets, TokenServiceSecrets } from './secrets.ts';
import {
  certificateOf,
  checkServerCertificate,
  isServerCertificate,
  newServerCertificate,
} from './server-certificate.ts';

export interface SecretsDirectoryProps {
  /** The declaration's name. */
  readonly name: string;
  /** The directory; keep it out of version control. @default `.secrets/<name>` below the current directory */
  readonly directory?: string;
  /** A file that holds the database admin's password already. @default one is generated */
  readonly adminPasswordFile?: string;
  /** Where the private keys are kept, such as `keysFromCommand(...)`. @default files in the directory */
  readonly keys?: KeyStore;
  /** Where the keys of encrypted tokens are kept. @default files in the directory */
  readonly encryptionKeys?: KeyStore<'enc'>;
}

/**
 * Where the secrets of one API live on the machine that deploys: files with mode 0600 in a directory with mode 0700.
 * What is missing is generated when it is first asked for, and kept from then on.
 *
 * @example
 * const secrets = new SecretsDirectory({ name: 'todos' });
 * secrets.adminPassword.path; // '<current directory>/.secrets/todos/admin-password'
 */
export class SecretsDirectory implements ISecrets {
  /** Absolute path of the directory. */
  readonly path: string;
  /** Where the private keys are kept: the absolute path of a directory, or another store. */
  readonly keys: KeyPlace;
  /** Directory of a provider's fetched keys, which are no secrets. */
  private readonly fetchedKeys: string;
  private readonly givenEncryptionKeys: KeyStore<'enc'> | undefined;
  private readonly adminPasswordFile: string | undefined;
  /** File with PostgREST's database login. */
  readonly authenticator: AuthenticatorLogins;

  /** @throws SecuredPostgrestError `unreadable_secret`, `insecure_secret_file`, `lost_secret` */
  constructor(props: SecretsDirectoryProps) {
    this.path = resolve(props.directory ?? join('.secrets', props.name));
    this.fetchedKeys = join(this.path, 'keys');
    this.keys = props.keys ?? this.fetchedKeys;
    this.givenEncryptionKeys = props.encryptionKeys;
    makePrivateDirectory(this.path);
    if (typeof this.keys === 'string') makePrivateDirectory(this.keys);
    this.authenticator = new AuthenticatorLogins(this.path);
    this.adminPasswordFile = props.adminPasswordFile;
    if (props.adminPasswordFile !== undefined) existing(props.adminPasswordFile);
    else readIfThere(join(this.path, 'admin-password'));
    if (this.isNew) {
      if (this.hasDeployed) lost(this.path, KEY_FILE);
      rememberFiles(this.path);
    }
  }

  /**
   * Password of the database's admin; made with the first call.
   *
   * @throws SecuredPostgrestError `lost_secret`
   */
  get adminPassword(): SecretFile {
    if (this.adminPasswordFile !== undefined) return new SecretFile(this.adminPasswordFile);
    if (this.hasDeployed && readIfThere(join(this.path, 'admin-password')) === undefined) {
      lost(this.path, 'admin-password');
    }
    return this.generated('admin-password');
  }

  /**
   * The key set that PostgREST verifies tokens with. A key to be generated is made with the first call, where keys are
   * files; elsewhere it has to be there. Those of a provider are fetched each time, and where it does not answer, the ones
   * that were fetched last are used, if they are not too old.
   *
   * @throws SecuredPostgrestError what reading the keys refuses, such as `invalid_key_set` or `weak_secret`
   */
  verificationKeys(keys: KeySource): SecretFile {
    const own = ownKeys(keys);
    const provider = providerOf(keys);
    if (own && 'generate' in own) this.generateMissing(own.generate);
    if (provider && provider.jwks === undefined) {
      const { issuer, jwksUri, keysMaximumAgeSeconds: age } = provider;
      const location = ['--issuer', issuer, ...(jwksUri === undefined ? [] : ['--jwks-uri', jwksUri])];
      const maximum = age === undefined ? [] : ['--maximum-age', String(age)];
      this.fetchKeys('--or-kept', ...maximum, ...location);
    }
    return this.written('jwks.json', JSON.stringify(loadVerificationKeys(keys, this.keys, this.fetchedKeys)));
  }

  /**
   * Keys of encrypted tokens, as one file with the private keys for an opener, and one with their public halves for issuers. A key
   * is made with the first call, where keys are files; elsewhere it has to be there.
   *
   * @throws SecuredPostgrestError `lost_secret`, and what reading the keys refuses
   */
  encryptionKeys(): EncryptionKeyFiles {
    const keys = this.givenEncryptionKeys ?? this.ownEncryptionKeys();
    const inUse = readManagedKeys(keys).find(({ state }) => state === 'in_use');
    if (!inUse) {
      const fix = `make one with: ${keysCommand('generate', keys.options)}`;
      refuse('unreadable_key', keys.place, 'there is no encryption key in use', fix);
    }
    return {
      keyInUse: inUse.key.kid,
      decryption: this.written('encryption-keys.json', exportDecryptionKeys(keys)),
      public: this.written('encryption-jwks.json', JSON.stringify(publicKeySet(readKeys(keys)))),
    };
  }

  /**
   * Secrets of a token service: the password that it signs in to the database with, the private keys that it signs tokens
   * with, and its clients, who may have secrets. From a store that is no directory, the keys come to lie in a file for that.
   *
   * @throws SecuredPostgrestError what reading the keys refuses; `unsupported_algorithm` for keys that are no key pairs of ours;
   * `keys_changed` where the API does not know the one that signs
   */
  tokenService(declaration: Declaration, clients: readonly TokenServiceClient[]): TokenServiceSecrets {
    const source = tokenServiceKeys(declaration);
    this.generateMissing(source.generate);
    const keys = this.written('token-service-keys.json', exportSigningKeys(this.keys));
    const { kid: signingKey } = loadSigningKey(source, keysFromFile(keys.path)) as PrivateKey;
    // Another process may have rotated the keys since the first read.
    if (!readIfThere(join(this.path, 'jwks.json'))?.includes(`"${signingKey}"`)) {
      refuse('keys_changed', signingKey, 'the API is not given this key, which signs', 'try again');
    }
    return {
      signingKey,
      password: this.generated('token-service-password'),
      keys,
      clients: this.written('token-service-clients.json', JSON.stringify(clients)),
    };
  }

  /**
   * Database login of PostgREST, as a connection service file of libpq: that reads it again for each new connection, so that
   * the servers change over without a restart.
   */
  databaseLogin(authenticator: string): SecretFile {
    const { role, password } = this.authenticator.all(authenticator).find(({ inUse }) => inUse)!;
    const text = read(password.path);
    if (/[\r\n\0]|\s$/.test(text)) {
      refuse(
        'unreadable_secret',
        password.path,
        'a password of several lines, or with a space at its end',
        'shorten it',
      );
    }
    return this.written('database-login', `[authenticator]\nuser=${role}\npassword=${text}\n`);
  }

  private ownEncryptionKeys(): KeyStore<'enc'> {
    const directory = join(this.path, 'encryption-keys');
    const keys = keysInDirectory(directory, { use: 'enc' });
    makePrivateDirectory(directory);
    if (keys.readKeys().length > 0) return keys;
    if (readIfThere(join(this.path, 'encryption-jwks.json')) !== undefined) {
      const fix = `restore it from a backup; without one, remove encryption-jwks.json, after which earlier tokens are rejected`;
      refuse('lost_secret', directory, 'the encryption keys that the last deploy used are missing', fix);
    }
    addKey(keys, generateDecryptionKey());
    return keys;
  }

  private generateMissing(algorithm: SigningAlgorithm): void {
    if (typeof this.keys !== 'string') return;
    const keys = readManagedKeys(this.keys);
    if (keys.some((key) => isInUse(key, algorithm))) return;
    if (keys.length === 0 && this.trustsKey(algorithm)) {
      refuse(
        'lost_secret',
        this.keys,
        `the private ${algorithm} key that the last deploy used is missing`,
        'restore the directory from a backup; without one, make another key, after which earlier tokens are rejected: ' +
          keysCommand('generate', ['--directory', this.keys, '--algorithm', algorithm]),
      );
    }
    addKey(this.keys, generateKeySync(algorithm));
  }

  /** Tests if the last written key set has a key of ours: we name keys by their thumbprints. */
  private trustsKey(algorithm: SigningAlgorithm): boolean {
    const { keys } = JSON.parse(readIfThere(join(this.path, 'jwks.json')) ?? '{"keys":[]}') as JsonWebKeySet;
    return keys.some((key) => key.alg === algorithm && key.kid !== undefined && key.kid === thumbprint(key));
  }

  /** Fetches keys in another process: constructs are synchronous, and `fetch` is not. */
  private fetchKeys(...options: string[]): void {
    const [node, ...program] = ownProgram('cli/main');
    const words = [...program, 'keys', 'fetch', '--directory', this.fetchedKeys, ...options];
    try {
      execFileSync(node, words, { stdio: ['ignore', 'ignore', 'inherit'] });
    } catch (cause) {
      refuse('unreadable_key', this.fetchedKeys, "'keys fetch' has failed", 'see what it says above', cause);
    }
  }

  /**
   * Proof of a server's identity for those that reach it as one of the hosts: one file with key and certificate for
   * the server, and one with the certificate alone for its clients. Both are made again when less than a year is left.
   */
  serverCertificate(...hosts: [string, ...string[]]): { server: SecretFile; certificate: SecretFile } {
    const path = join(this.path, `${hosts[0]}.pem`);
    const present = readIfThere(path);
    if (present === undefined) createFile(path, newServerCertificate(hosts));
    else if (!isServerCertificate(present, hosts)) replaceFile(path, newServerCertificate(hosts));
    for (;;) {
      const pem = read(path);
      const certificate = this.written(`${hosts[0]}-certificate.pem`, certificateOf(pem));
      // Another process may have made it again meanwhile.
      if (read(path) === pem) return { server: new SecretFile(path), certificate };
    }
  }

  /**
   * Joins the certificates and the key of two files, or of one, in one file. A reader always gets a key and a certificate
   * that belong together.
   *
   * @throws SecuredPostgrestError `unreadable_secret`, `insecure_secret_file`
   */
  givenCertificate(certificateFile: string, keyFile: string): SecretFile {
    const files = [...new Set([certificateFile, keyFile].map((file) => resolve(file)))];
    const pem = files.map((file) => read(file).trim()).join('\n');
    checkServerCertificate(certificateFile, pem);
    return this.written('gateway.pem', `${pem}\n`);
  }

  /**
   * A short text that changes when the secret does. It is keyed with a random key of this directory, so that it can be
   * stored anywhere without telling anything about the secret, not even a weak one.
   */
  fingerprint(secret: ISecretFile): string {
    return this.keyed(read(secret.path));
  }

  /**
   * Tells deployments apart that are otherwise named alike; no secret. That of a deployment that was taken over is in a file.
   *
   * @throws SecuredPostgrestError `unreadable_secret`
   */
  get identity(): string {
    return readIdentity(this.path) ?? this.keyed('deployment');
  }

  /** Tests if no deploy has ever used the directory. */
  get isNew(): boolean {
    return readIdentity(this.path) === undefined;
  }

  /**
   * Removes what this process has made of a new directory.
   *
   * @returns whether the directory was new
   */
  discard(): boolean {
    return discardFiles(this.path);
  }

  /** Tests if a deploy with the directory has ended: each deploy records its end. */
  get hasDeployed(): boolean {
    return readIfThere(join(this.path, 'authenticator-deployed')) !== undefined;
  }

  private keyed(text: string): string {
    return keyed(read(this.generated(KEY_FILE).path), text);
  }

  private generated(name: string): SecretFile {
    const path = join(this.path, name);
    if (readIfThere(path) === undefined) createFile(path, randomSecret());
    return new SecretFile(path);
  }

  private written(name: string, content: string): SecretFile {
    const path = join(this.path, name);
    if (readIfThere(path) !== content) replaceFile(path, content);
    return new SecretFile(path);
  }
}

function existing(path: string): SecretFile {
  const secret = new SecretFile(path);
  if (read(secret.path) === '') refuse('unreadable_secret', path, 'the file is empty', 'write the password into it');
  return secret;
}

function lost(directory: string, name: string): never {
  refuse(
    'lost_secret',
    join(directory, name),
    'the file is missing, and this directory has deployed before',
    'restore it from a backup; without one: npx secured-postgrest secrets adopt --help',
  );
}
