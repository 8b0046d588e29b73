import type { Declaration, DeclarationInput, GrantInput, PolicyInput } from '../../../declaration/index.ts';
import type { RelationGrant } from '../../../declaration/types.ts';
import board from '../../../examples/board/declaration.ts';
import existing from '../../../examples/existing/declaration.ts';
import projects from '../../../examples/projects/declaration.ts';
import todos from '../../../examples/todos/declaration.ts';
import { importDump } from '../imported.ts';
import { schemas } from '../same-answers/schemas.ts';
import { POSTGRES_ADVISORIES } from '../embedded-advisories.ts';

/** Declarations of the examples and of an imported schema, whose databases are mutated. */
export async function declarationInputs(): Promise<DeclarationInput[]> {
  const { declaration: club } = await importDump(schemas['club']!, { name: 'club' });
  return [projects, todos, board, existing, club].map(inputOf);
}

/** The declaration as its author writes it, so that the model sees no more than they do. */
function inputOf(declaration: Declaration): DeclarationInput {
  const {
    name,
    schemas: exposed,
    internalSchemas,
    privateSchema,
    authenticator,
    owner,
    anonymous,
    users,
    tables,
    views,
    functions,
  } = declaration;
  const qualified = ({ schema, name: object }: { readonly schema: string; readonly name: string }) =>
    `${schema}.${object}`;
  const { issuer, audience, requiredClaims } = declaration.tokens;
  return {
    name,
    schemas: exposed,
    internalSchemas,
    privateSchema,
    roles: {
      authenticator,
      owner,
      ...(anonymous && { anonymous: anonymous.name }),
      users: users.map((user) => ({ name: user.name, inherits: user.inherits })),
    },
    tables: tables.map((table) => ({
      name: qualified(table),
      grants: grantsOf(table.grants),
      policies: table.policies.map(({ input }): PolicyInput => input),
      ...(table.defaults && { defaults: table.defaults }),
    })),
    views: views.map((view) => ({ name: qualified(view), grants: grantsOf(view.grants) })),
    functions: functions.map((each) => ({
      name: qualified(each),
      ...(each.arguments && { arguments: each.arguments }),
      ...(each.execute.length > 0 && { execute: each.execute }),
      securityDefiner: each.securityDefiner,
    })),
    migrations: declaration.migrations,
    tokens: { ...(issuer !== undefined && { issuer }), ...(audience !== undefined && { audience }), requiredClaims },
    acceptedAdvisories: POSTGRES_ADVISORIES,
  };
}

function grantsOf(grants: readonly RelationGrant[]): GrantInput[] {
  return grants.map(({ role, command, columns }) => ({ to: role, [command]: columns ?? true }));
}
