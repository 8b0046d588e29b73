import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Provider, type Configuration } from 'oidc-provider';
import * as client from 'openid-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../ephemeral/index.ts';
import {
  fetchProviderKeys,
  generateKey,
  loadVerificationKeys,
  storeProviderKeys,
  type PrivateKey,
} from '../../../jwt/index.ts';
import { behindProvider, roles } from '../../support/behind-provider.ts';

const AUDIENCE = 'https://shop.example.com/api';
const REDIRECT = 'http://127.0.0.1:1/callback';
const groups = new Map([
  ['ann', ['staff', 'boss']],
  ['bob', ['member']],
  ['eve', ['stranger']],
]);

let server: Server;
let issuer: string;
let api: EphemeralPostgrest;
let directory: string;
let signedIn: string;

beforeAll(async () => {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, configuration(await generateKey('RS256')));
  const answer = provider.callback();
  server.on('request', (request, response) => {
    const isSignIn = request.url?.startsWith('/sign-in/') === true;
    if (isSignIn) void provider.interactionFinished(request, response, { login: { accountId: signedIn }, consent: {} });
    else void answer(request, response);
  });

  directory = mkdtempSync(join(tmpdir(), 'provider-keys-'));
  const fetched = await fetchProviderKeys({ issuer });
  storeProviderKeys(directory, issuer, fetched);
  const keys = {
    issuer,
    audience: AUDIENCE,
    roles: { claim: 'groups', map: { [roles.admin]: 'boss', [roles.user]: 'member' } },
  };
  const jwks = loadVerificationKeys({ provider: keys }, directory);
  api = await startEphemeralPostgrest(behindProvider({ ...keys, jwks }));
});

afterAll(async () => {
  await api.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});

function configuration(key: PrivateKey): Configuration {
  return {
    jwks: { keys: [key] },
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
    extraTokenClaims: (_, token) => ('accountId' in token ? { groups: groups.get(token.accountId) ?? [] } : undefined),
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'orders',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: 'shop-web', accountId: signedIn });
      grant.addOIDCScope('openid offline_access');
      grant.addResourceScope(AUDIENCE, 'orders');
      await grant.save();
      return grant;
    },
  };
}

/** Authorization code with PKCE, as a browser does it that has no cookies yet. */
async function signIn(user: string) {
  signedIn = user;
  const config = await client.discovery(new URL(issuer), 'shop-web', undefined, client.None(), {
    execute: [client.allowInsecureRequests],
  });
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const first = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: 'openid offline_access orders',
    prompt: 'consent',
    resource: AUDIENCE,
    state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const callback = await followRedirects(first);
  const tokens = await client.authorizationCodeGrant(
    config,
    callback,
    { pkceCodeVerifier: verifier, expectedState: state },
    { resource: AUDIENCE },
  );
  return { config, tokens };
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

async function orders(token: string): Promise<unknown> {
  const response = await fetch(`${api.url}/orders?select=id`, { headers: { Authorization: `Bearer ${token}` } });
  return response.ok ? ((await response.json()) as { id: number }[]).map(({ id }) => id) : response.status;
}

it('access tokens from sign-in, and refreshed ones, see the rows of their user', async () => {
  expect(await orders((await signIn('ann')).tokens.access_token)).toEqual([1, 2, 3]);

  const { config, tokens } = await signIn('bob');
  expect(await orders(tokens.access_token)).toEqual([2]);
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token!, { resource: AUDIENCE });
  expect(refreshed.access_token).not.toBe(tokens.access_token);
  expect(await orders(refreshed.access_token)).toEqual([2]);

  // What has changed at the provider counts from the next refresh on.
  groups.set('bob', ['boss']);
  const promoted = await client.refreshTokenGrant(config, refreshed.refresh_token!, { resource: AUDIENCE });
  expect(await orders(promoted.access_token)).toEqual([1, 2, 3]);
});

it('a user without a mapped group, and an ID token, are refused', async () => {
  expect(await orders((await signIn('eve')).tokens.access_token)).toBe(401);
  expect(await orders((await signIn('ann')).tokens.id_token!)).toBe(401);
});
