import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider, type Configuration } from 'oidc-provider';
import * as client from 'openid-client';
import type { PrivateKey } from '../../tokens/index.ts';

/** Whom access tokens are for, unless a client asks for others. */
export const AUDIENCE = 'https://shop.example.com/api';
const REDIRECT = 'http://127.0.0.1:1/callback';

export interface SignedIn {
  readonly config: client.Configuration;
  readonly tokens: Awaited<ReturnType<typeof client.authorizationCodeGrant>>;
}

/** A certified OpenID provider on a port of this machine. */
export class LocalProvider {
  readonly issuer: string;
  /** What access tokens say besides, by user. */
  readonly claims: Map<string, Record<string, unknown>>;
  private readonly server: Server;
  private signedIn = '';

  private constructor(server: Server, claims: Readonly<Record<string, Record<string, unknown>>>) {
    this.server = server;
    this.issuer = `http://127.0.0.1:${portOf(server)}`;
    this.claims = new Map(Object.entries(claims));
  }

  /** @param keys the first one signs */
  static async start(
    keys: readonly PrivateKey[],
    claims: Readonly<Record<string, Record<string, unknown>>>,
  ): Promise<LocalProvider> {
    const server = createServer();
    await listen(server, 0);
    const provider = new LocalProvider(server, claims);
    provider.use(keys);
    return provider;
  }

  /** Publishes these keys, and signs with the first one. */
  use(keys: readonly PrivateKey[]): void {
    const provider = new Provider(this.issuer, this.configuration(keys));
    const answer = provider.callback();
    this.server.removeAllListeners('request').on('request', (request, response) => {
      const isSignIn = request.url?.startsWith('/sign-in/') === true;
      const result = { login: { accountId: this.signedIn }, consent: {} };
      if (isSignIn) void provider.interactionFinished(request, response, result);
      else void answer(request, response);
    });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Answers at the same address again. */
  resume(): Promise<void> {
    return listen(this.server, Number(new URL(this.issuer).port));
  }

  /** Authorization code with PKCE, as a browser does it that has no cookies yet. */
  async signIn(user: string, audience = AUDIENCE): Promise<SignedIn> {
    this.signedIn = user;
    const config = await client.discovery(new URL(this.issuer), 'shop-web', undefined, client.None(), {
      execute: [client.allowInsecureRequests],
    });
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const first = client.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT,
      scope: 'openid offline_access orders',
      prompt: 'consent',
      resource: audience,
      state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const callback = await followRedirects(first);
    const tokens = await client.authorizationCodeGrant(
      config,
      callback,
      { pkceCodeVerifier: verifier, expectedState: state },
      { resource: audience },
    );
    return { config, tokens };
  }

  private configuration(keys: readonly PrivateKey[]): Configuration {
    return {
      jwks: { keys: [...keys] },
      clients: [
        {
          client_id: 'shop-web',
          token_endpoint_auth_method: 'none',
          application_type: 'native',
          grant_types: ['authorization_code', 'refresh_token'],
          redirect_uris: [REDIRECT],
          response_types: ['code'],
        },
      ],
      cookies: { keys: ['for tests only'] },
      pkce: { required: () => true },
      rotateRefreshToken: true,
      issueRefreshToken: () => true,
      findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
      // Instead of a page: whoever is to be signed in is.
      interactions: { url: (_, { uid }) => `/sign-in/${uid}` },
      extraTokenClaims: (_, token) => ('accountId' in token ? this.claims.get(token.accountId) : undefined),
      features: {
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => AUDIENCE,
          useGrantedResource: () => true,
          getResourceServerInfo: (_, audience) => ({
            scope: 'orders',
            audience,
            accessTokenFormat: 'jwt',
            accessTokenTTL: 3600,
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
      loadExistingGrant: async ({ oidc }) => {
        const grant = new oidc.provider.Grant({ clientId: 'shop-web', accountId: this.signedIn });
        grant.addOIDCScope('openid offline_access');
        grant.addResourceScope(String(oidc.params?.['resource']), 'orders');
        await grant.save();
        return grant;
      },
    };
  }
}

async function followRedirects(first: URL): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = first;
  for (let step = 0; step < 9 && !url.href.startsWith(REDIRECT); step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${url.pathname} is no redirect: ${await response.text()}`);
    url = new URL(location, url);
  }
  return url;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
