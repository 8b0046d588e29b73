/** An event for the operator of the service. It never contains a token, a code, a password or a name. */
export interface TokenServiceEvent {
  /**
   * `refresh_token_reused`: a family of refresh tokens was revoked; `role_not_declared`: an account was refused;
   * `sign_in_limited`: too many attempts; `unreadable_hash`: of an account, none of Argon2; `unavailable`: the database cannot be reached; `failed`: anything else.
   */
  readonly event:
    'refresh_token_reused' | 'role_not_declared' | 'sign_in_limited' | 'unreadable_hash' | 'unavailable' | 'failed';
  /** Code of the error, such as Postgres' own. */
  readonly code?: string;
}

export type Log = (event: TokenServiceEvent) => void;

/** The code of whatever was thrown; messages may hold values. */
export function codeOf(error: unknown): { code?: string } {
  const { code, name, cause } = error as { code?: unknown; name?: unknown; cause?: unknown };
  if (typeof code === 'string') return { code };
  if (cause instanceof Error) return codeOf(cause);
  return typeof name === 'string' ? { code: name } : {};
}
