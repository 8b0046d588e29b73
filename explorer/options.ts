import type { Declaration } from '../declaration/types.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Somebody whom the API can be tried as. */
export interface Identity {
  readonly role: string;
  readonly claims: Claims;
  /** @default none: requests without a token */
  readonly token?: string;
}

export interface ExplorerOptions {
  /** Of the API, such as `http://127.0.0.1:3000`. */
  readonly apiUrl: string;
  /** What the API is made from; asked again and again, so it may change. */
  readonly declaration: () => Declaration;
  /** Each role with claims, and a token that is good for a while; asked whenever the page is loaded. */
  readonly identities: () => Promise<readonly Identity[]>;
  /** Makes a token for claims that were edited on the page. */
  readonly tokenFor: (role: string, claims: Claims) => Promise<string>;
  /** On 127.0.0.1. @default a free one */
  readonly port?: number | undefined;
}
