import {
  auth0,
  clerk,
  cognito,
  entra,
  firebase,
  keycloak,
  supabase,
  type PresetRoles,
  type Provider,
} from '../../../declaration/index.ts';
import { roles } from '../../support/behind-provider.ts';

type Claims = Readonly<Record<string, unknown>>;

/** What the tokens of one provider look like: made up, with the members that its documentation names. */
export interface TokenShape {
  readonly name: string;
  readonly provider: Provider;
  /** Of a user with these of the provider's names for roles; without times. */
  readonly token: (user: string, names: readonly string[]) => Claims;
  /** Tokens of the same provider that are not for this API. */
  readonly foreign: readonly Claims[];
}

const map: PresetRoles['roles'] = { [roles.admin]: 'boss', [roles.user]: ['member', 'guest'] };

export const shapes: readonly TokenShape[] = [
  {
    name: 'Auth0, with permissions',
    provider: auth0({ domain: 'example.eu.auth0.com', audience: 'https://api.example.com', roles: map }),
    token: (user, names) => ({
      iss: 'https://example.eu.auth0.com/',
      sub: user,
      aud: ['https://api.example.com', 'https://example.eu.auth0.com/userinfo'],
      azp: 'kS1bZx0example',
      scope: 'openid profile email',
      permissions: names,
    }),
    foreign: [
      { aud: 'kS1bZx0example' },
      { aud: 'https://example.eu.auth0.com/userinfo' },
      { iss: 'https://other.eu.auth0.com/' },
    ],
  },
  {
    name: 'Auth0, with a claim from an Action',
    provider: auth0({
      domain: 'example.eu.auth0.com',
      audience: 'https://api.example.com',
      claim: 'https://example.com/roles',
      roles: map,
    }),
    token: (user, names) => ({
      iss: 'https://example.eu.auth0.com/',
      sub: user,
      aud: ['https://api.example.com', 'https://example.eu.auth0.com/userinfo'],
      azp: 'kS1bZx0example',
      scope: 'openid',
      'https://example.com/roles': names,
    }),
    foreign: [{ aud: 'https://other.example.com' }],
  },
  {
    name: 'Keycloak',
    provider: keycloak({ url: 'https://id.example.com', realm: 'main', audience: 'shop', roles: map }),
    token: (user, names) => ({
      jti: 'onrtac:6f1b3c9e-0000-4000-8000-000000000000',
      iss: 'https://id.example.com/realms/main',
      aud: ['shop', 'account'],
      sub: user,
      typ: 'Bearer',
      azp: 'shop-web',
      sid: '0b9d4a44-0000-4000-8000-000000000000',
      acr: '1',
      'allowed-origins': ['https://shop.example.com'],
      realm_access: { roles: ['offline_access', ...names, 'uma_authorization'] },
      resource_access: { account: { roles: ['manage-account', 'view-profile'] } },
      scope: 'openid profile email',
      email_verified: true,
      preferred_username: user,
    }),
    foreign: [
      { aud: 'account' },
      { typ: 'ID', aud: 'shop' },
      { typ: undefined },
      { iss: 'https://id.example.com/realms/master' },
    ],
  },
  {
    name: 'Amazon Cognito',
    provider: cognito({
      userPool: 'eu-central-1_a1B2c3D4e',
      clients: ['4k2exampleclient', '7h3exampleclient'],
      roles: map,
    }),
    token: (user, names) => ({
      sub: user,
      'cognito:groups': names,
      iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_a1B2c3D4e',
      version: 2,
      client_id: '4k2exampleclient',
      origin_jti: '0b9d4a44-0000-4000-8000-000000000001',
      event_id: '0b9d4a44-0000-4000-8000-000000000002',
      token_use: 'access',
      scope: 'openid',
      auth_time: 1_795_000_000,
      jti: '0b9d4a44-0000-4000-8000-000000000003',
      username: user,
    }),
    foreign: [
      { token_use: 'id', client_id: undefined, aud: '4k2exampleclient' },
      { client_id: '9zzotherclient' },
      { iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_other0000' },
    ],
  },
  {
    name: 'Microsoft Entra ID, with app roles',
    provider: entra({
      tenant: '11111111-2222-4333-8444-555555555555',
      audience: '66666666-7777-4888-9999-000000000000',
      roles: map,
    }),
    token: (user, names) => ({
      aud: '66666666-7777-4888-9999-000000000000',
      iss: 'https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0',
      aio: 'AXQAi/8TAAAAexample',
      azp: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
      azpacr: '0',
      oid: '0b9d4a44-0000-4000-8000-000000000004',
      rh: '0.AExample',
      roles: names,
      scp: 'access_as_user',
      sub: user,
      tid: '11111111-2222-4333-8444-555555555555',
      uti: 'example',
      ver: '2.0',
    }),
    foreign: [
      // Of another tenant, of version 1.0, and of Microsoft Graph.
      { iss: 'https://login.microsoftonline.com/99999999-2222-4333-8444-555555555555/v2.0' },
      { iss: 'https://sts.windows.net/11111111-2222-4333-8444-555555555555/', ver: '1.0' },
      { aud: '00000003-0000-0000-c000-000000000000' },
    ],
  },
  {
    name: 'Microsoft Entra ID, with delegated permissions',
    provider: entra({
      tenant: '11111111-2222-4333-8444-555555555555',
      audience: '66666666-7777-4888-9999-000000000000',
      claim: 'scp',
      roles: map,
    }),
    token: (user, names) => ({
      aud: '66666666-7777-4888-9999-000000000000',
      iss: 'https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0',
      azp: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
      scp: names.join(' '),
      sub: user,
      tid: '11111111-2222-4333-8444-555555555555',
      ver: '2.0',
    }),
    foreign: [{ aud: 'api://66666666-7777-4888-9999-000000000001' }],
  },
  {
    name: 'Firebase',
    provider: firebase({ project: 'example-1a2b3', roles: map }),
    token: (user, names) => ({
      iss: 'https://securetoken.google.com/example-1a2b3',
      aud: 'example-1a2b3',
      auth_time: 1_795_000_000,
      user_id: user,
      sub: user,
      email: `${user}@example.com`,
      email_verified: true,
      firebase: { identities: { email: [`${user}@example.com`] }, sign_in_provider: 'password' },
      roles: names,
    }),
    // The same keys sign the tokens of every project.
    foreign: [
      { iss: 'https://securetoken.google.com/attacker-9z8y7', aud: 'attacker-9z8y7' },
      { aud: 'attacker-9z8y7' },
      { iss: 'https://session.firebase.google.com/example-1a2b3' },
    ],
  },
  {
    name: 'Supabase',
    provider: supabase({ project: 'abcdefghijklmnopqrst', roles: map }),
    token: (user, names) => ({
      iss: 'https://abcdefghijklmnopqrst.supabase.co/auth/v1',
      sub: user,
      aud: 'authenticated',
      role: 'authenticated',
      aal: 'aal1',
      session_id: '0b9d4a44-0000-4000-8000-000000000005',
      email: `${user}@example.com`,
      phone: '',
      is_anonymous: false,
      app_metadata: { provider: 'email', providers: ['email'], roles: names },
      // Users write it themselves.
      user_metadata: { roles: ['boss'] },
      amr: [{ method: 'password', timestamp: 1_795_000_000 }],
    }),
    foreign: [
      { iss: 'supabase', ref: 'abcdefghijklmnopqrst', role: 'service_role', aud: undefined },
      { iss: 'https://zzzzzzzzzzzzzzzzzzzz.supabase.co/auth/v1' },
      { aud: 'anon' },
    ],
  },
  {
    name: 'Clerk, with the role in an organization',
    provider: clerk({
      domain: 'clerk.example.com',
      origins: ['https://app.example.com'],
      claim: ['o', 'rol'],
      roles: map,
    }),
    token: (user, names) => ({
      azp: 'https://app.example.com',
      fva: [7, -1],
      iss: 'https://clerk.example.com',
      jti: '0b9d4a44example',
      pla: 'u:free',
      fea: 'u:example',
      sid: 'sess_0example',
      sts: 'active',
      sub: user,
      v: 2,
      // One role in each organization.
      ...(names[0] !== undefined && {
        o: { id: 'org_0example', slg: 'example', rol: names[0], per: 'read', fpm: '1' },
      }),
    }),
    foreign: [
      { azp: 'https://evil.example.org' },
      { azp: undefined },
      { azp: ['https://app.example.com'] },
      { iss: 'https://other.clerk.accounts.dev' },
    ],
  },
];
