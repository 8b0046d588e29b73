import Provider, { interactionPolicy, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { TokenServiceClient } from '../declaration/token-service/token-clients.ts';
import type { Lifetimes } from '../declaration/token-service/token-lifetimes.ts';
import type { Declaration } from '../declaration/types.ts';
import { epochSeconds } from '../tokens/epoch-seconds.ts';
import type { EncryptionKey } from '../tokens/index.ts';
import { CONTENT_ENCRYPTION } from '../tokens/nested-token.ts';
import type { AccountClaims, Accounts } from './accounts.ts';
import type { TokenStoreOptions } from './adapter.ts';
import { tokenStore } from './adapter.ts';
import { BrowserStore } from './browser-store.ts';
import { toKeyObject, type ServiceKeys } from './keys.ts';
import { logoutPage, messagePage } from './page.ts';
import { provideUrlParse } from './url-parse.ts';

export interface ProviderParts extends TokenStoreOptions, ServiceKeys {
  readonly declaration: Declaration;
  readonly issuer: string;
  readonly clients: readonly TokenServiceClient[];
  readonly accounts: Accounts;
  readonly lifetimes: Lifetimes;
}

/** An OpenID provider whose access tokens are PostgREST's. */
export function createProvider(parts: ProviderParts): Provider {
  provideUrlParse();
  return new Provider(parts.issuer, configuration(parts));
}

function configuration(parts: ProviderParts): Configuration {
  const { declaration, issuer, clients, accounts, lifetimes, keys, cookieKeys, encryptionKey } = parts;
  const { alg, kid } = keys[0];
  const resource = `urn:postgrest:${declaration.name}`;
  /** Account of a request, looked up once, before any token is issued. */
  const found = new WeakMap<KoaContextWithOIDC, AccountClaims>();
  /** Remaining seconds of a sign-in; at least one, if it ends meanwhile. */
  const left = (since = epochSeconds()) => Math.max(1, since + lifetimes.signIn - epochSeconds());
  return {
    adapter: tokenStore(parts, browserStore(declaration.name, issuer, cookieKeys)),
    jwks: { keys },
    clients: clients.map((client) => toMetadata(client, alg)),
    responseTypes: ['code'],
    scopes: ['openid'],
    enabledJWA: { idTokenSigningAlgValues: [alg] },
    pkce: { required: () => true },
    cookies: { keys: [...cookieKeys], names: cookieNames(declaration.name, issuer) },
    interactions: {
      policy: signInPolicy(lifetimes),
      url: (_, { uid }) => `${new URL(issuer).pathname.replace(/\/$/, '')}/interaction/${uid}`,
    },
    async findAccount(ctx, accountId) {
      const claims = await accounts.claims(accountId);
      if (claims === undefined) return undefined;
      found.set(ctx, claims);
      return { accountId, claims: () => ({ sub: accountId }) };
    },
    extraTokenClaims: (ctx) => found.get(ctx),
    // Signing in is consent: the clients belong to the operator of the API.
    async loadExistingGrant(ctx) {
      const { client, session, provider } = ctx.oidc;
      const id = session?.grantIdFor(client!.clientId);
      const grant = new provider.Grant({ accountId: session!.accountId!, clientId: client!.clientId });
      // One a session and client, so that signing out ends all of it; it lasts as long as what is issued from now on.
      if (id !== undefined && (await provider.Grant.find(id))) grant.jti = id;
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    // Signing out ends what was issued.
    expiresWithSession: () => true,
    rotateRefreshToken: true,
    ttl: {
      AccessToken: lifetimes.accessToken,
      AuthorizationCode: 60,
      IdToken: lifetimes.accessToken,
      Interaction: 3600,
      Session: (_, session) => left(session.authTime()),
      Grant: lifetimes.signIn,
      RefreshToken: (_, token) => left(token.authTime),
    },
    clientBasedCORS: (_, origin, client) => (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      // Each would store something for any caller.
      pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          // What a token may do follows from its role.
          scope: '',
          audience: declaration.tokens.audience ?? resource,
          accessTokenTTL: lifetimes.accessToken,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: alg as 'ES256', kid }, ...(encryptionKey && { encrypt: encryption(encryptionKey) }) },
        }),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => void (ctx.body = logoutPage(form)),
        postLogoutSuccessSource: (ctx) => void (ctx.body = messagePage('You are signed out')),
      },
    },
    renderError(ctx, { error, error_description: description }) {
      ctx.type = 'html';
      ctx.body = messagePage('This does not work', `${error}: ${description ?? ''}`);
    },
  };
}

/** Has access tokens nested, with `cty: at+jwt`. */
function encryption(key: EncryptionKey) {
  const { alg, kid } = key;
  return { alg, enc: CONTENT_ENCRYPTION, key: toKeyObject(key), ...(kid !== undefined && { kid }) };
}

/** `__Host-`: a sibling domain cannot set them (RFC 6265bis, 4.1.3.2). */
function browserStore(name: string, issuer: string, secrets: readonly string[]): BrowserStore {
  const secure = issuer.startsWith('https:');
  return new BrowserStore({ prefix: `${secure ? '__Host-' : ''}${name}_pending_`, secure, secrets });
}

/** With prefixes that bind them to TLS and, but for those that have a path, to this host (RFC 6265bis, 4.1.3). */
function cookieNames(name: string, issuer: string) {
  const [host, secure] = issuer.startsWith('https:') ? ['__Host-', '__Secure-'] : ['', ''];
  return {
    session: `${host}${name}_session`,
    interaction: `${secure}${name}_interaction`,
    resume: `${secure}${name}_resume`,
  };
}

/** Policy that requires a new sign-in once its time is over. Each use of a session renews its storage, but not its sign-in. */
function signInPolicy({ signIn }: Lifetimes): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const over = ({ oidc }: KoaContextWithOIDC) => oidc.session!.past(signIn - 1);
  policy.get('login')!.checks.add(new interactionPolicy.Check('over', 'the sign-in is over', 'login_required', over));
  return policy;
}

function toMetadata({ id, redirectUris, signedOutUris = [], secret }: TokenServiceClient, alg: string) {
  return {
    client_id: id,
    redirect_uris: [...redirectUris],
    post_logout_redirect_uris: [...signedOutUris],
    response_types: ['code' as const],
    grant_types: ['authorization_code', 'refresh_token'],
    id_token_signed_response_alg: alg as 'ES256',
    ...(secret === undefined
      ? { token_endpoint_auth_method: 'none' as const }
      : { token_endpoint_auth_method: 'client_secret_basic' as const, client_secret: secret }),
  };
}
