/** Why there is no token: `signed_out` until the next sign-in, `unavailable` for now. */
export class TokenClientError extends Error {
  readonly code: 'signed_out' | 'unavailable';

  constructor(code: TokenClientError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TokenClientError';
    this.code = code;
  }
}
