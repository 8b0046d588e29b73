import type { ClaimPath, Provider, RoleMapping } from '../types.ts';

/** Options that every preset has besides the name of its provider. */
export interface PresetRoles {
  /** Declared roles, each with the provider's names for it. Of several that match the first counts. */
  readonly roles: RoleMapping['map'];
  /** The role of tokens that none of it matches. @default they are refused */
  readonly defaultRole?: string;
  /** @deprecated use `defaultRole` */
  readonly otherwise?: string;
}

/**
 * Auth0: access tokens for an API.
 *
 * @param options.domain of the tenant, or its custom domain
 * @param options.audience identifier of the API
 * @param options.claim where an Action puts the roles, or `permissions` with RBAC for the API. @default 'permissions'
 * @example
 * const keys = { provider: auth0({ domain: 'example.eu.auth0.com', audience: 'https://api.example.com', roles: { todos_user: 'read:todos' } }) };
 */
export function auth0(
  options: PresetRoles & { readonly domain: string; readonly audience: string; readonly claim?: ClaimPath },
): Provider {
  const { domain, audience, claim = 'permissions' } = options;
  return { issuer: `https://${domain}/`, audience, roles: mapping(claim, options) };
}

/**
 * Keycloak: access tokens of a realm.
 *
 * @param options.url of the server, such as `https://id.example.com`
 * @param options.audience the client that an audience mapper adds for this API
 * @param options.claim for roles of a client `['resource_access', client, 'roles']`. @default ['realm_access', 'roles']
 * @example
 * const keys = { provider: keycloak({ url: 'https://id.example.com', realm: 'main', audience: 'todos', roles: { todos_user: 'member' } }) };
 */
export function keycloak(
  options: PresetRoles & {
    readonly url: string;
    readonly realm: string;
    readonly audience: string;
    readonly claim?: ClaimPath;
  },
): Provider {
  const { url, realm, audience, claim = ['realm_access', 'roles'] } = options;
  return {
    issuer: `${url.replace(/\/$/, '')}/realms/${realm}`,
    audience,
    // Its ID tokens have other types.
    claims: { typ: 'Bearer' },
    roles: mapping(claim, options),
  };
}

/**
 * Amazon Cognito: access tokens of a user pool. They name no audience, but the client.
 *
 * @param options.userPool such as `eu-central-1_a1b2c3d4e`
 * @param options.clients ids of the app clients whose users may come
 * @example
 * const keys = { provider: cognito({ userPool: 'eu-central-1_a1b2c3d4e', clients: ['4k2example'], roles: { todos_user: 'members' } }) };
 */
export function cognito(
  options: PresetRoles & { readonly userPool: string; readonly clients: readonly string[] },
): Provider {
  const { userPool, clients } = options;
  const [region = ''] = userPool.split('_');
  return {
    issuer: `https://cognito-idp.${region}.amazonaws.com/${userPool}`,
    claims: { token_use: 'access', client_id: clients },
    roles: mapping('cognito:groups', options),
  };
}

/**
 * Microsoft Entra ID: access tokens (version 2.0) of one tenant.
 *
 * @param options.tenant its id
 * @param options.audience application (client) id of the API
 * @param options.claim `scp` for delegated permissions. @default 'roles', the app roles
 * @example
 * const keys = { provider: entra({ tenant: '11111111-2222-4333-8444-555555555555', audience: '66666666-7777-4888-9999-000000000000', roles: { todos_user: 'Todos.Use' } }) };
 */
export function entra(
  options: PresetRoles & { readonly tenant: string; readonly audience: string; readonly claim?: 'roles' | 'scp' },
): Provider {
  const { tenant, audience, claim = 'roles' } = options;
  return {
    issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
    audience,
    roles: { ...mapping(claim, options), ...(claim === 'scp' && { spaceSeparated: true }) },
  };
}

/**
 * Firebase Authentication: ID tokens of a project, which are what its clients send to an API.
 *
 * @param options.project its id
 * @param options.claim the custom claim with the roles. @default 'roles'
 * @example
 * const keys = { provider: firebase({ project: 'example-1a2b3', roles: { todos_admin: 'admin' }, otherwise: 'todos_user' }) };
 */
export function firebase(options: PresetRoles & { readonly project: string; readonly claim?: ClaimPath }): Provider {
  const { project, claim = 'roles' } = options;
  return {
    issuer: `https://securetoken.google.com/${project}`,
    jwksUri: 'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com',
    audience: project,
    roles: mapping(claim, options),
  };
}

/**
 * Supabase Auth: access tokens of a project with asymmetric signing keys. Its keys `anon` and `service_role` are no tokens
 * of a user, and are refused.
 *
 * @param options.project its reference, as in `https://<reference>.supabase.co`
 * @param options.claim where the roles are; users cannot write below `app_metadata`. @default ['app_metadata', 'roles']
 * @example
 * const keys = { provider: supabase({ project: 'abcdefghijklmnopqrst', roles: { todos_admin: 'admin' }, otherwise: 'todos_user' }) };
 */
export function supabase(options: PresetRoles & { readonly project: string; readonly claim?: ClaimPath }): Provider {
  const { project, claim = ['app_metadata', 'roles'] } = options;
  const issuer = `https://${project}.supabase.co/auth/v1`;
  return {
    issuer,
    jwksUri: `${issuer}/.well-known/jwks.json`,
    audience: 'authenticated',
    roles: mapping(claim, options),
  };
}

/**
 * Clerk: session tokens, which name no audience, but the application.
 *
 * @param options.domain of the Frontend API, such as `clerk.example.com`
 * @param options.origins of the applications whose users may come (`azp`)
 * @param options.claim where the roles are: a claim of the session token that users cannot change. `['o', 'rol']` is the
 * role in whichever organization is active; whoever may make an organization is `admin` there
 * @example
 * const session = { domain: 'clerk.example.com', origins: ['https://app.example.com'], claim: 'roles' };
 * const keys = { provider: clerk({ ...session, roles: { todos_user: 'member' } }) };
 */
export function clerk(
  options: PresetRoles & {
    readonly domain: string;
    readonly origins: readonly string[];
    readonly claim: ClaimPath;
  },
): Provider {
  const { domain, origins, claim } = options;
  const issuer = `https://${domain}`;
  return {
    issuer,
    jwksUri: `${issuer}/.well-known/jwks.json`,
    claims: { azp: origins },
    roles: mapping(claim, options),
  };
}

function mapping(claim: ClaimPath, { roles: map, defaultRole, otherwise }: PresetRoles): RoleMapping {
  return {
    claim,
    map,
    ...(defaultRole !== undefined && { defaultRole }),
    ...(otherwise !== undefined && { otherwise }),
  };
}
