import { refuse } from '../errors/secured-postgrest-error.ts';
import { warnOfOldName } from '../errors/warn-of-old-name.ts';
import type { DeclarationInput, KeySource, RoleMapping, TokenRules } from './types.ts';

/** The declaration with today's names; warns of each old one, once a process. */
export function withoutOldNames(input: DeclarationInput): DeclarationInput {
  return {
    ...input,
    ...(input.keys && { keys: renamedKeys(input.keys) }),
    ...(input.tokens && { tokens: renamedTokens(input.tokens) }),
  };
}

function renamedKeys(keys: KeySource): KeySource {
  if (!('provider' in keys)) return keys;
  const { provider } = keys;
  const roles: RoleMapping = renamed(provider.roles, 'otherwise', 'defaultRole', 'keys.provider.roles');
  return renamed({ ...keys, provider: { ...provider, roles } }, 'own', 'additionalKeys', 'keys');
}

function renamedTokens(tokens: TokenRules): TokenRules {
  const { revocation } = tokens;
  if (!revocation) return tokens;
  return { ...tokens, revocation: renamed(revocation, 'bumpOn', 'revokeOnChange', 'tokens.revocation') };
}

function renamed<T extends object>(value: T, old: keyof T & string, name: keyof T & string, place: string): T {
  if (value[old] === undefined) return value;
  if (value[name] !== undefined) {
    refuse('invalid_declaration', `${place}.${old}`, `it is the old name of ${name}, which is there too`, 'remove it');
  }
  warnOfOldName(`${place}.${old}`, name);
  const { [old]: moved, ...rest } = value;
  return { ...rest, [name]: moved } as T;
}
