// eslint-disable-next-line @typescript-eslint/ban-ts-comment
/** Where the package is not installed, its type is `any`.
 * @ts-ignore */
import type { PostgrestClient } from '@supabase/postgrest-js';
import { refuse } from '../declaration/errors.ts';

/** Somebody who asks the API: a token, and ways to send requests with it. */
export interface ApiClient {
  /** Of the token; the anonymous role where there is none. */
  readonly role: string;
  /** Of the token, without what it says besides for its checks. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Undefined for requests without a token. */
  readonly token: string | undefined;
  /** Of the API. */
  readonly url: string;
  /**
   * Sends a request with the token.
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

/** Makes a client for whoever the token is for. */
export async function createClient({
  role,
  claims,
  token,
  url,
}: Pick<ApiClient, 'role' | 'claims' | 'token' | 'url'>): Promise<ApiClient> {
  const authorization: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const library = await import('@supabase/postgrest-js').catch(() => undefined);
  const rest = library && new library.PostgrestClient(url, { headers: authorization });
  return {
    role,
    claims,
    token,
    url,
    fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      for (const [name, value] of Object.entries(authorization)) if (!headers.has(name)) headers.set(name, value);
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
}
