import type { EncryptionAlgorithm, SigningAlgorithm } from '../../declaration/types.ts';

/** A JSON Web Key (RFC 7517) that can sign: a private key, or an HS256 secret (`kty` "oct"). */
export interface SigningKey {
  readonly kty: string;
  readonly alg: SigningAlgorithm;
  readonly use: 'sig';
  /**
   * Names the key in a token's header. A secret that a person may have chosen has none: a thumbprint of it would help
   * to guess it.
   */
  readonly kid?: string;
  readonly [member: string]: unknown;
}

/** A signing key that {@link generateKey} made; its `kid` is its RFC 7638 thumbprint. */
export interface PrivateKey extends SigningKey {
  readonly kid: string;
}

/** A JSON Web Key that tokens are encrypted to; only its public half is used for that. */
export interface EncryptionKey {
  readonly kty: string;
  readonly alg: EncryptionAlgorithm;
  readonly use: 'enc';
  /** Names the key in a token's header. */
  readonly kid?: string;
  readonly [member: string]: unknown;
}

/** A private key that decrypts tokens; its `kid` is its RFC 7638 thumbprint. */
export interface DecryptionKey extends EncryptionKey {
  readonly kid: string;
}

/** Private keys by what they are for (RFC 7517, 4.2). Keys of two uses never share a place. */
export interface KeysByUse {
  readonly sig: PrivateKey;
  readonly enc: DecryptionKey;
}

export type KeyUse = keyof KeysByUse;
