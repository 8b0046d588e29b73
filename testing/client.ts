// eslint-disable-next-line @typescript-eslint/ban-ts-comment
/** Where the package is not installed, its type is `any`.
 * @ts-ignore */
import type { PostgrestClient } from '@supabase/postgrest-js';
import type { DatabaseConnection } from '../postgres/connect.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { Declaration } from '../declaration/types.ts';

/** A client of the API: a token, and ways to send requests with it. */
export interface ApiClient {
  /** Role of the token; the anonymous role without a token. */
  readonly role: string;
  /** Claims of the token, without those that only its checks need. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Undefined for requests without a token. */
  readonly token: string | undefined;
  /** URL of the API. */
  readonly url: string;
  /**
   * Sends a request with the token. Text that is sent counts as JSON unless a header says otherwise.
   *
   * Throws `invalid_prop` for a path that does not begin with `/`.
   *
   * @param path behind the URL of the API, such as `/todos?select=title`
   */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /**
   * Supabase's client of PostgREST (npm's `@supabase/postgrest-js`) with this token.
   *
   * Throws `missing_package` where that is not installed.
   *
   * @example
   * const ann = await environment.as('todos_user', { user_id: 1 });
   * const { data } = await ann.rest.from('todos').select('title');
   */
  readonly rest: PostgrestClient;
}

/** Requests of a client in SQL, without the server: for matchers. */
export interface ClientHome {
  readonly declaration: Declaration;
  /** Connection as the authenticator. */
  readonly connection: DatabaseConnection;
}

const homes = new WeakMap<ApiClient, ClientHome>();

/** Undefined for what is no client of an environment. */
export function homeOf(client: unknown): ClientHome | undefined {
  return homes.get(client as ApiClient);
}

/** Makes a client for whoever the token is for. */
export async function createClient(
  { role, claims, token, url }: Pick<ApiClient, 'role' | 'claims' | 'token' | 'url'>,
  home: ClientHome,
): Promise<ApiClient> {
  const authorization: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const library = await import('@supabase/postgrest-js').catch(() => undefined);
  const rest = library && new library.PostgrestClient(url, { headers: authorization });
  const client: ApiClient = {
    role,
    claims,
    token,
    url,
    async fetch(path, init = {}) {
      // Anything else could send the token to another host.
      if (!path.startsWith('/')) refuse('invalid_prop', 'path', `"${path}" does not begin with /`, `write /${path}`);
      const headers = new Headers(init.headers);
      const usual = { ...authorization, ...(typeof init.body === 'string' && { 'Content-Type': 'application/json' }) };
      for (const [name, value] of Object.entries(usual)) if (!headers.has(name)) headers.set(name, value);
      return fetch(url + path, { ...init, headers });
    },
    get rest() {
      if (rest) return rest;
      return refuse(
        'missing_package',
        'rest',
        "npm's @supabase/postgrest-js is not installed",
        'run `npm install --save-dev @supabase/postgrest-js`, or use fetch',
      );
    },
  };
  homes.set(client, home);
  return client;
}
