import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as oauth from 'openid-client';
import { connectionOf } from './connection-of.ts';
import { declare, ownRows, type Declaration } from '../../declaration/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../testing/index.ts';
import { generateKey, publicKeySet, writeKey } from '../../tokens/index.ts';
import { createTokenStorage, hashPassword, tokenService } from '../../token-service/index.ts';
import type { RunningTokenService, TokenServiceEvent, TokenServiceOptions } from '../../token-service/index.ts';
import type { Gate } from './gate.ts';
import { notesInput } from './notes.ts';

export const REDIRECT = 'https://app.test/signed-in';
export const PASSWORD = 'correct horse battery staple';
/** Of the service's own role. */
export const SERVICE_PASSWORD = 'a password of the service';

/** A token service on a port of its own, beside an API that trusts its keys, with ann, who may sign in. */
export interface RunningService {
  readonly api: EphemeralPostgrest;
  readonly service: RunningTokenService;
  readonly declaration: Declaration;
  readonly options: TokenServiceOptions;
  readonly client: oauth.Configuration;
  readonly events: TokenServiceEvent[];
  readonly keyDirectory: string;
  stop(): Promise<void>;
}

/** As the keys of a deployment: the declaration generates them, and the server has their public halves. */
export async function startTokenService(
  prefix: string,
  {
    path = '',
    algorithm = 'ES256',
    databaseThrough,
    tls,
    encryption = 'off',
    ...more
  }: Partial<TokenServiceOptions> & {
    path?: string;
    /** Of the host that it then has. @default http on 127.0.0.1 */
    tls?: { readonly host: string; readonly pem: string };
    algorithm?: 'ES256' | 'RS256' | 'EdDSA';
    databaseThrough?: Gate;
    /** Of the tokens that the service issues; the API knows nothing of it. */
    encryption?: 'off' | 'accepted' | 'required';
  } = {},
): Promise<RunningService> {
  const keyDirectory = mkdtempSync(join(tmpdir(), 'token-service-'));
  const server = tls ? createTlsServer({ cert: tls.pem, key: tls.pem }) : createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const issuer = `${tls ? `https://${tls.host}` : 'http://127.0.0.1'}:${port}${path}`;
  const key = await generateKey(algorithm);
  writeKey(keyDirectory, key);
  const input = notesInput(prefix, {
    tokens: { issuer, audience: 'notes' },
    tables: [
      {
        name: 'notes',
        grants: [
          { to: `${prefix}_user`, select: true },
          { to: `${prefix}_other`, select: true },
        ],
        policies: [
          ownRows({ to: [`${prefix}_user`, `${prefix}_other`], column: 'user_id', claim: 'user_id', type: 'int' }),
        ],
      },
    ],
  });
  const declaration = declare({ ...input, keys: { generate: algorithm }, tokens: { ...input.tokens, encryption } });
  const api = await startEphemeralPostgrest(declare({ ...input, keys: { jwks: publicKeySet([key]) } }));
  const admin = connectionOf(api.databaseUrl);
  await createTokenStorage(admin, declaration, { password: SERVICE_PASSWORD });
  await api.sql(
    `INSERT INTO ${prefix}_tokens.accounts (id, name, password_hash, role, claims) VALUES ('ann-1', 'Ann', $1, $2, $3)`,
    [await hashPassword(PASSWORD), `${prefix}_user`, { user_id: 1 }],
  );
  databaseThrough?.lead(admin.port!);
  const events: TokenServiceEvent[] = [];
  const options: TokenServiceOptions = {
    declaration,
    database: {
      ...admin,
      port: databaseThrough?.port ?? admin.port!,
      user: `${prefix}_token_service`,
      password: SERVICE_PASSWORD,
    },
    keyDirectory,
    clients: [{ id: 'web', redirectUris: [REDIRECT] }],
    log: (event) => events.push(event),
    ...more,
  };
  const service = tokenService(options);
  server.on('request', service.handler);
  // A name that leads here only for a browser of the test is not looked up.
  const client = tls
    ? new oauth.Configuration({ issuer, authorization_endpoint: `${issuer}/auth` }, 'web', undefined, oauth.None())
    : await oauth.discovery(new URL(issuer), 'web', undefined, oauth.None(), {
        execute: [oauth.allowInsecureRequests],
      });
  return {
    api,
    service,
    declaration,
    options,
    client,
    events,
    keyDirectory,
    async stop() {
      server.closeAllConnections();
      server.close();
      await service.stop();
      await api.stop();
      rmSync(keyDirectory, { recursive: true });
    },
  };
}

/** A browser without a window: cookies, and redirects that are followed within the service. */
export class Visitor {
  readonly #cookies = new Map<string, string>();
  /** Every cookie as it was set. */
  readonly setCookies: string[] = [];
  readonly #server: string | undefined;

  /** @param server where the service listens, if its address leads nowhere */
  constructor(server?: string) {
    this.#server = server;
  }

  async ask(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const { href, origin } = new URL(url);
    const at = href.replace(origin, this.#server ?? origin);
    const response = await fetch(at, { ...init, redirect: 'manual', headers: { Accept: 'text/html', cookie } });
    for (const set of response.headers.getSetCookie()) {
      this.setCookies.push(set);
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set)!;
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  /** Until there is a page, or an address of somebody else's. */
  async follow(url: string | URL, init?: RequestInit): Promise<{ url: URL; response: Response }> {
    const here = new URL(url);
    const response = await this.ask(here, init);
    const location = response.headers.get('location');
    if (location === null) return { url: here, response };
    const next = new URL(location, here);
    return next.origin === here.origin ? this.follow(next) : { url: next, response };
  }

  /** Sends the sign-in form that is at an address. */
  submit(url: URL, name: string, password: string) {
    return this.follow(url, { method: 'POST', body: new URLSearchParams({ name, password }) });
  }
}

/** Where a sign-in begins, and what ends it. */
export async function authorization(client: oauth.Configuration, more: Record<string, string> = {}) {
  const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
  const expectedState = oauth.randomState();
  const url = oauth.buildAuthorizationUrl(client, {
    redirect_uri: REDIRECT,
    scope: 'openid',
    state: expectedState,
    code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...more,
  });
  return { url, checks: { pkceCodeVerifier, expectedState } };
}

export interface SignedIn {
  readonly code: string;
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token: string;
  /** Who the ID token says it is. */
  readonly subject: string | undefined;
  /** Exchanges the code once more. */
  readonly exchange: () => Promise<unknown>;
}

/** Signs in with the page, as a browser does, and exchanges the code. */
export async function signIn(client: oauth.Configuration, visitor = new Visitor(), name = 'ann'): Promise<SignedIn> {
  const { url, checks } = await authorization(client);
  const page = await visitor.follow(url);
  const { url: back, response } = page.url.href.startsWith(REDIRECT)
    ? page
    : await visitor.submit(page.url, name, PASSWORD);
  if (!back.href.startsWith(REDIRECT)) throw new Error(`${response.status} ${await response.text()}`);
  const exchange = () => oauth.authorizationCodeGrant(client, back, checks);
  const tokens = await exchange();
  return {
    code: back.searchParams.get('code')!,
    access_token: tokens.access_token,
    refresh_token: tokens.refresh_token!,
    id_token: tokens.id_token!,
    subject: tokens.claims()?.sub,
    exchange,
  };
}

/** The rows that an access token shows. */
export async function notes(api: Pick<EphemeralPostgrest, 'url'>, token: string): Promise<string> {
  const response = await fetch(`${api.url}/notes?select=body&order=id`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  return `${response.status} ${await response.text()}`;
}
