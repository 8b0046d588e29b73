import { describe, expect, it } from 'vitest';
import { auth0, declare, type DeclarationInput, type Provider } from '../../../../declaration/index.ts';
import { serverSettings } from '../../../../compile/server/settings.ts';
import { refusal } from '../../../support/errors.ts';

const provider: Provider = {
  issuer: 'https://id.example.com',
  audience: 'shop',
  roles: { claim: 'roles', map: { shop_user: 'member' } },
};

function input(changes: Partial<Provider> = {}, more: Partial<DeclarationInput> = {}): DeclarationInput {
  return {
    name: 'shop',
    schemas: ['api'],
    roles: { anonymous: 'shop_anon', users: ['shop_user', 'shop_admin'] },
    keys: { provider: { ...provider, ...changes } },
    ...more,
  };
}

const mapped = (roles: Partial<Provider['roles']>) => input({ roles: { ...provider.roles, ...roles } });
const own = { generate: 'ES256' } as const;

it.each([
  [
    'https://ann:secret@id.example.com/',
    '"https://id.example.com/" contains a user name or a password; leave them out',
  ],
  ['http://id.example.com/keys?client_secret=secret', '"http://id.example.com/keys" is no https URL'],
])('a provider at %s is refused without its secret in the message', (jwksUri, message) => {
  const error = refusal(() => declare(input({ jwksUri })));
  expect(error.message).toContain(`keys.provider.jwksUri: ${message}`);
  expect(error.message).not.toContain('secret');
});

describe('a provider is refused', () => {
  it.each<[string, string, DeclarationInput]>([
    ['invalid_provider', 'keys.provider.issuer', input({ issuer: 'http://id.example.com' })],
    ['invalid_provider', 'keys.provider.issuer', input({ issuer: 'id.example.com' })],
    ['invalid_provider', 'keys.provider.jwksUri', input({ jwksUri: 'file:///etc/passwd' })],
    ['invalid_declaration', 'keys.provider.keysMaximumAgeSeconds', input({ keysMaximumAgeSeconds: 0 })],
    ['invalid_provider', 'keys.provider:', input({ audience: undefined, claims: {} } as never)],
    ['invalid_provider', 'keys.provider.roles.map', mapped({ map: {} })],
    ['invalid_provider', 'keys.provider.roles.map', mapped({ map: { shop_user: 'x', shop_admin: ['y', 'x'] } })],
    ['invalid_provider', 'keys.provider.roles.claim', mapped({ claim: 'role' })],
    ['invalid_provider', 'keys.provider.roles.claim', mapped({ claim: ['role', 'name'] })],
    ['unknown_role', 'keys.provider.roles.map', mapped({ map: { postgres: 'x' } })],
    ['unknown_role', 'keys.provider.roles.map', mapped({ map: { shop_owner: 'x' } })],
    ['unknown_role', 'keys.provider.roles.map', mapped({ map: { shop_anon: 'x' } })],
    ['unknown_role', 'keys.provider.roles.defaultRole', mapped({ defaultRole: 'shop_authenticator' })],
    ['invalid_provider', 'tokens.issuer', input({}, { tokens: { issuer: 'own' } })],
    ['invalid_provider', 'tokens.issuer', input({}, { keys: { provider, additionalKeys: own } })],
    [
      'invalid_provider',
      'tokens.issuer',
      input({}, { keys: { provider, additionalKeys: own }, tokens: { issuer: provider.issuer } }),
    ],
    ['empty_key_set', 'keys.provider.jwks', input({ jwks: { keys: [] } })],
    ['invalid_declaration', 'tokens.maximumAgeSeconds', input({}, { tokens: { maximumAgeSeconds: 0 } })],
  ])('%s at %s', (code, place, wrong) => {
    const { code: found, message } = refusal(() => declare(wrong));
    expect([found, message]).toEqual([code, expect.stringContaining(place)]);
  });
});

it('PostgREST is told a role claim that no token has, and no audience, in the words of its version', () => {
  const places = { databaseUri: '@/uri', jwtSecret: '@/jwks', port: 3000, adminPort: 3001 };
  const declaration = declare(
    input({}, { keys: { provider, additionalKeys: own }, tokens: { issuer: 'own', audience: 'own' } }),
  );
  expect(serverSettings(declaration, places)).toMatchObject({ PGRST_JWT_ROLE_CLAIM_KEY: '$.exp.role' });
  expect(serverSettings(declaration, { ...places, version: '12.0.2' })).toMatchObject({
    PGRST_JWT_ROLE_CLAIM_KEY: '.exp.role',
    PGRST_DB_ANON_ROLE: 'shop_anon',
  });
  expect(serverSettings(declaration, places)).not.toHaveProperty('PGRST_JWT_AUD');
});

it('where no anonymous role is declared, tokens arrive as one that nothing can be granted to', () => {
  const users = ['shop_user', 'shop_admin'];
  const { anonymous, tokens } = declare(input({}, { roles: { users } }));
  expect([anonymous?.name, tokens.isRequired]).toEqual(['shop_arrival', true]);
  const functions = [{ name: 'f', execute: 'shop_arrival' }];
  expect(refusal(() => declare(input({}, { roles: { users }, functions }))).code).toBe('unknown_role');
  expect(declare(input()).tokens).not.toHaveProperty('isRequired');
});

it('a preset is plain data, which JSON keeps', () => {
  const preset = auth0({ domain: 'example.eu.auth0.com', audience: 'shop', roles: { shop_user: 'member' } });
  expect(JSON.parse(JSON.stringify(preset))).toEqual(preset);
});
