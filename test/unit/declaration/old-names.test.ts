import { afterEach, expect, it, vi } from 'vitest';
import { declare, type DeclarationInput } from '../../../declaration/index.ts';
import { refusal } from '../../support/errors.ts';

const roles = { claim: 'groups', map: { shop_admin: 'admin' } } as const;
const provider = { issuer: 'https://id.example.org', audience: 'shop' };
const base = { name: 'shop', schemas: ['api'], roles: { users: ['shop_user', 'shop_admin'] } };
const tables = [{ table: 'staff', column: 'id' }];
const additionalKeys = { generate: 'ES256' } as const;

const old: DeclarationInput = {
  ...base,
  keys: { provider: { ...provider, roles: { ...roles, otherwise: 'shop_user' } }, own: additionalKeys },
  tokens: { issuer: 'shop', revocation: { bumpOn: tables } },
};
const current: DeclarationInput = {
  ...base,
  keys: { provider: { ...provider, roles: { ...roles, defaultRole: 'shop_user' } }, additionalKeys },
  tokens: { issuer: 'shop', revocation: { revokeOnChange: tables } },
};

afterEach(() => vi.restoreAllMocks());

it('declares the same with the old names as with the current ones, and warns of each old name once', () => {
  const warning = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const declaration = declare(current);
  expect(warning).not.toHaveBeenCalled();
  expect(declare(old)).toEqual(declaration);
  expect(declare(old)).toEqual(declaration);
  expect(warning.mock.calls).toEqual(
    [
      'keys.provider.roles.otherwise is the old name of defaultRole',
      'keys.own is the old name of additionalKeys',
      'tokens.revocation.bumpOn is the old name of revokeOnChange',
    ].map((text) => [`${text}; the next version rejects it`, { type: 'DeprecationWarning', code: 'old_name' }]),
  );
});

it('rejects a declaration that uses an old name and the current one for the same thing', () => {
  const revocation = { bumpOn: tables, revokeOnChange: tables };
  expect(refusal(() => declare({ ...base, tokens: { revocation } })).message).toBe(
    'tokens.revocation.bumpOn: it is the old name of revokeOnChange, which is there too; remove it [invalid_declaration]',
  );
});
