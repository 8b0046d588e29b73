import { apiRoles, secondLogin } from '../declaration/roles.ts';
import { tokenServiceNames } from '../declaration/token-service/token-service.ts';
import type { Declaration, QualifiedName } from '../declaration/types.ts';
import type { CatalogScope } from '../postgres/catalog/catalog-scope.ts';
import { desiredAccess, managedSchemas } from './access.ts';

/** The part of a database that a declaration is about. */
export function catalogScope(declaration: Declaration): CatalogScope {
  return {
    schemas: ownSchemas(declaration),
    roles: declaredRoles(declaration),
    owner: declaration.owner,
    secondLogin: secondLogin(declaration.authenticator),
    tables: ownTables(declaration),
  };
}

/** Every role of a declaration. */
export function declaredRoles(declaration: Declaration): readonly string[] {
  return [declaration.authenticator, declaration.owner, ...apiRoles(declaration).map((role) => role.name)];
}

/** The schemas of a declaration, and its private one. */
export function ownSchemas(declaration: Declaration): readonly string[] {
  return [...managedSchemas(declaration), declaration.privateSchema];
}

/** The tables of the package itself: those of the private schema, and those of a token service. */
export function ownTables(declaration: Declaration): readonly QualifiedName[] {
  const { privateSchema } = declaration;
  const { schema } = tokenServiceNames(declaration);
  return [
    ...['migrations', ...desiredAccess(declaration).tables.map(({ name }) => name)].map((name) => ({
      schema: privateSchema,
      name,
    })),
    ...['tokens', 'attempts', 'accounts'].map((name) => ({ schema, name })),
  ];
}
