/** An answered request, as PostgREST logs it. */
export interface AnsweredRequest {
  /** @default PostgREST knew none: the token was rejected */
  readonly role?: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly status: number;
}
