import type { Declaration } from '../declaration/types.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Role and claims with which the API can be tried. */
export interface Identity {
  readonly role: string;
  readonly claims: Claims;
  /** @default none: requests without a token */
  readonly token?: string;
}

export interface ExplorerOptions {
  /** URL of the API, such as `http://127.0.0.1:3000`. */
  readonly apiUrl: string;
  /** Returns the API's present declaration; called for each request. */
  readonly declaration: () => Declaration;
  /** Each role with claims, and a token that is good for a while; asked whenever the page is loaded. */
  readonly identities: () => Promise<readonly Identity[]>;
  /** Makes a token for claims that were edited on the page. */
  readonly tokenFor: (role: string, claims: Claims) => Promise<string>;
  /** On 127.0.0.1. @default a free one */
  readonly port?: number | undefined;
}
