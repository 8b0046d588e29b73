import type { SigningAlgorithm } from '../../declaration/types.ts';

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
