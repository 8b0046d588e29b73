import type { AccessMatrix } from '../access/matrix.ts';
import type { AccessMap } from '../access/picture/access-map.ts';
import type { Declaration, QualifiedName } from '../declaration/types.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Role and claims with which the API can be tried. */
export interface Identity {
  readonly role: string;
  readonly claims: Claims;
  /** @default none: requests without a token */
  readonly token?: string;
}

/** A function that the API may serve. */
export interface RequestFunction extends QualifiedName {
  /** True if it can be called by GET: it changes nothing, and its arguments have names. */
  readonly reads: boolean;
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
  /** Measures who reaches which rows now. */
  readonly access: () => Promise<AccessMatrix>;
  /** Maps the rule of each role, table and command now. */
  readonly map: () => Promise<AccessMap>;
  /** Functions of the exposed schemas, as they are now. */
  readonly functions: () => Promise<readonly RequestFunction[]>;
  /** On 127.0.0.1. @default a free one */
  readonly port?: number | undefined;
}
