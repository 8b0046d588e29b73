/** One request, by whom: a token of user 1, none, or one of user 3 whose name or subject is revoked. */
export interface Ask {
  readonly as: 'user' | 'anonymous' | 'admin' | 'revoked token' | 'revoked subject';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** What in the answer was not declared to be there. @default 'SECRET' */
  readonly shows?: string;
}

/** One way to open a database. */
export interface Way {
  readonly name: string;
  /** By hand, as a superuser. */
  readonly sql: string;
  /** What the audit says: rule and object. */
  readonly finds: readonly [rule: string, object: string];
  /** Where a request can show it. @default none: it opens nothing by itself, or to others than requests */
  readonly ask?: Ask;
  /** What the next deploy does. */
  readonly deploy: 'mends' | 'refuses' | 'warns';
  /** What ends a refusal. @default the SQL of the finding's fix */
  readonly repair?: string;
  /** After the deploy, before it is asked again: what was lost meanwhile. */
  readonly again?: string;
  /** What belongs to the whole cluster, taken back. */
  readonly undo?: string;
}

export const get = (as: Ask['as'], path: string): Ask => ({ as, path });
export const post = (as: Ask['as'], path: string, body: Ask['body'] = {}, shows = 'SECRET'): Ask => ({
  as,
  path,
  body,
  shows,
});
/** Through the function that runs what it is told. */
export const run = (as: Ask['as'], query: string): Ask => post(as, '/rpc/run', { query });
