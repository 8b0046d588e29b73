/** Tokens from a sign-in or a refresh. */
export interface ClientTokens {
  readonly refreshToken: string;
  /** @default none: the first request gets one */
  readonly accessToken?: string | undefined;
  /**
   * When the access token expires by this machine's clock, in milliseconds since 1970. @default what it says itself, if it
   * is a JWT; otherwise it is used until a 401
   */
  readonly expiresAt?: number | undefined;
}

export interface TokenClientOptions {
  readonly tokenEndpoint: string | URL;
  readonly clientId: string;
  readonly tokens: ClientTokens;
  /**
   * How long before it expires an access token is replaced, in milliseconds; of one that a refresh has brought, half of its
   * lifetime at most. @default 30_000
   */
  readonly earlyMs?: number | undefined;
  /** Longest wait for the token endpoint, in milliseconds: shorter than its grace, for another try. @default 5_000 */
  readonly timeoutMs?: number | undefined;
  /** Receives new tokens before they are used, to store them: refresh tokens are single-use. @default no callback */
  readonly onTokens?: ((tokens: ClientTokens) => void) | undefined;
  /** Called once if no token can be had until the next sign-in. @default no callback */
  readonly onSignedOut?: (() => void) | undefined;
  /** @default the global one */
  readonly fetch?: typeof globalThis.fetch | undefined;
}
