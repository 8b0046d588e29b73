/** A reason for which the declared server refuses a token. */
export interface TokenProblem {
  /** Stable, for programs. */
  readonly code:
    | 'malformed'
    | 'unsigned'
    | 'encrypted'
    | 'not_encrypted'
    | 'undecryptable'
    | 'unsupported_header'
    | 'unknown_key'
    | 'wrong_signature'
    | 'invalid_claim'
    | 'ambiguous'
    | 'missing_claim'
    | 'expired'
    | 'not_yet_valid'
    | 'wrong_issuer'
    | 'wrong_audience'
    | 'wrong_claim'
    | 'too_old'
    | 'unknown_role'
    | 'no_anonymous_role';
  /** In words, with the value. */
  readonly problem: string;
  /** Remedy. */
  readonly fix: string;
}
