import type { TokenServiceClient } from '../../declaration/token-service/token-clients.ts';
import type { Declaration, KeySource } from '../../declaration/types.ts';
import type { KeyPlace } from '../../tokens/keys/key-store.ts';
import type { AuthenticatorLogin } from './authenticator-logins.ts';
import type { ISecretFile } from './secret-file.ts';

/** The secrets of one API, as constructs use them. {@link SecretsDirectory} keeps them in files. */
export interface ISecrets {
  /** Directory of the files on the machine that deploys. */
  readonly path: string;
  /** Where the private keys are kept: the absolute path of a directory, or another store. */
  readonly keys: KeyPlace;
  /** Tells deployments with equal names apart; no secret. */
  readonly identity: string;
  /** True if a deploy with these secrets has ended. */
  readonly hasDeployed: boolean;
  /** Password of the database's admin. */
  readonly adminPassword: ISecretFile;
  /** Database logins of PostgREST. */
  readonly authenticator: { all(authenticator: string): readonly AuthenticatorLogin[] };
  /** The key set that PostgREST verifies tokens with. */
  verificationKeys(keys: KeySource): ISecretFile;
  /** PostgREST's database login, as a connection service file of libpq. */
  databaseLogin(authenticator: string): ISecretFile;
  /** Keys of encrypted tokens. */
  encryptionKeys(): EncryptionKeyFiles;
  /** Secrets of a token service. */
  tokenService(declaration: Declaration, clients: readonly TokenServiceClient[]): TokenServiceSecrets;
  /** Key and certificate of a server, and the certificate alone for its clients. */
  serverCertificate(...hosts: [string, ...string[]]): { server: ISecretFile; certificate: ISecretFile };
  /** Joins a certificate and its key, which the user renews, in one file. */
  givenCertificate(certificateFile: string, keyFile: string): ISecretFile;
  /** A short text that changes with the secret, and reveals nothing about it. */
  fingerprint(secret: ISecretFile): string;
  /**
   * Removes what this process has made of new secrets.
   *
   * @returns whether the secrets were new
   */
  discard(): boolean;
}

export interface EncryptionKeyFiles {
  /** Id of the key that issuers encrypt to. */
  readonly keyInUse: string;
  /** Private keys that are not revoked, for an opener. */
  readonly decryption: ISecretFile;
  /** Public halves of the same keys, the one in use first, for issuers; no secret. */
  readonly public: ISecretFile;
}

export interface TokenServiceSecrets {
  /** Password that the service signs in to the database with. */
  readonly password: ISecretFile;
  /** Private keys that the service signs tokens with. */
  readonly keys: ISecretFile;
  /** The OAuth clients, which may have secrets. */
  readonly clients: ISecretFile;
  /** Id of the key that signs. */
  readonly signingKey: string;
}
