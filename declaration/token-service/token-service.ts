import { refuse } from '../../errors/secured-postgrest-error.ts';
import type { Declaration, DeclarationInput, KeySource } from '../types.ts';

/** Names in the database that belong to a declaration's token service: its schema, and the role that it signs in as. */
export function tokenServiceNames({ name }: Pick<Declaration, 'name'>): {
  readonly schema: string;
  readonly role: string;
} {
  return { schema: `${name}_tokens`, role: `${name}_token_service` };
}

/** @throws SecuredPostgrestError `schema_not_exposable` where the declaration manages the schema of the service */
export function checkTokenSchema(declaration: Declaration): void {
  const { schema } = tokenServiceNames(declaration);
  if ([...declaration.schemas, ...declaration.internalSchemas, declaration.privateSchema].includes(schema)) {
    refuse('schema_not_exposable', 'schemas', `"${schema}" is the token service's own`, 'give the schema another name');
  }
}

/**
 * The keys that the service signs with.
 *
 * @throws SecuredPostgrestError `unsupported_algorithm` where they are someone else's or HS256
 */
export function tokenServiceKeys({ keys }: Pick<Declaration, 'keys'>): Extract<KeySource, { generate: unknown }> {
  if ('generate' in keys && keys.generate !== 'HS256') return keys;
  refuse(
    'unsupported_algorithm',
    'keys',
    'the token service signs with a key pair of its own',
    "declare `keys: { generate: 'ES256' }`, or RS256 or EdDSA",
  );
}

/** The part of a declaration that the token service needs, without tables, policies and migrations. */
export function forTokenService(declaration: Declaration): DeclarationInput {
  const { name, schemas, internalSchemas, privateSchema, authenticator, owner, users, tokens } = declaration;
  return {
    name,
    schemas,
    internalSchemas,
    privateSchema,
    roles: { authenticator, owner, users: users.map((role) => role.name) },
    keys: tokenServiceKeys(declaration),
    tokens: {
      ...(tokens.issuer !== undefined && { issuer: tokens.issuer }),
      ...(tokens.audience !== undefined && { audience: tokens.audience }),
      ...(tokens.encryption && { encryption: tokens.encryption }),
    },
  };
}
