import { checkKeySet } from './keys/key-set.ts';
import { checkCondition, checkSql, renderCondition } from './custom-sql.ts';
import { placeOf } from './place.ts';
import { membershipTable } from './membership-table.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { freeze } from './freeze.ts';
import { checkDistinct, checkKnownSchema, checkName, checkSchemaName, qualify } from './names.ts';
import { withAllRows } from './all-rows.ts';
import { withoutOldNames } from './old-names.ts';
import { checkProvider, providerOf } from './keys/provider.ts';
import { checkAccepted } from './releases/releases.ts';
import { checkServer } from './server.ts';
import { checkShape } from './shape.ts';
import { checkKnownRole, effectiveRoles, resolveRoles, type Roles } from './roles.ts';
import { resolvePolicies } from './resolve-policies.ts';
import { resolveTokens } from './resolve-tokens.ts';
import {
  DECLARATION_VERSION,
  type ApiFunction,
  type Command,
  type DatabaseNames,
  type Declaration,
  type DeclarationInput,
  type GrantInput,
  type RelationGrant,
  type Table,
  type FunctionInput,
  type TableInput,
  type ViewInput,
  type View,
} from './types.ts';

/**
 * Checks a declaration, fills in its defaults and returns frozen plain data. It reads no file and no database.
 *
 * @example
 * const declaration = declare({
 *   name: 'todos',
 *   schemas: ['api'],
 *   roles: { anonymous: 'todos_anon', users: ['todos_user'] },
 *   tables: [
 *     {
 *       name: 'todos',
 *       grants: [{ to: 'todos_user', select: true, insert: ['title'], update: ['title', 'done'], delete: true }],
 *       policies: [ownRows({ to: 'todos_user', column: 'user_id', claim: 'user_id', type: 'int' })],
 *     },
 *   ],
 * });
 *
 * @throws SecuredPostgrestError for an invalid declaration; the message names the value, the place and the fix. Whether tables
 *   and columns exist is checked when the declaration is applied.
 */
export function declare<Names extends DatabaseNames = DatabaseNames>(
  input: DeclarationInput<NoInfer<Names>>,
): Declaration;
export function declare(given: DeclarationInput): Declaration {
  checkShape(given);
  const input = withAllRows(withoutOldNames(given));
  checkDeclarationName(input.name);
  const schemas = resolveSchemas(input);
  const roles = resolveRoles(input.name, input.roles);
  const server = checkServer(input.server ?? {});
  const keys = input.keys ?? { generate: 'ES256' };
  checkKeySet(keys, 'keys', server.version);
  checkProvider(keys, input.tokens ?? {}, roles);
  const { acceptedAdvisories } = input;
  checkAccepted(acceptedAdvisories ?? [], 'acceptedAdvisories', 'invalid_declaration');
  const migrations = input.migrations ?? [];
  checkMigrations(migrations);
  const needsToken = providerOf(keys) !== undefined && !roles.anonymous;

  const declaration: Declaration = {
    declarationVersion: DECLARATION_VERSION,
    name: input.name,
    ...schemas,
    ...roles,
    tables: (input.tables ?? []).map((table) => resolveTable(table, schemas, roles)),
    views: (input.views ?? []).map((view) => resolveView(view, schemas, roles)),
    functions: (input.functions ?? []).map((fn) => resolveFunction(fn, schemas, roles)),
    migrations: [...migrations].sort((a, b) => (a.file < b.file ? -1 : 1)),
    keys,
    tokens: { ...resolveTokens(input.tokens ?? {}, schemas), ...(needsToken && { isRequired: true }) },
    server,
    ...(acceptedAdvisories && { acceptedAdvisories }),
    ...(needsToken && arrivalRole(input)),
  };
  checkRelationNames(declaration);
  checkPolicyTexts(declaration);
  return freeze(declaration);
}

/** Tokens of a provider arrive as the anonymous role. Where none is declared, it is one that nothing can be granted to. */
function arrivalRole({ name, roles }: DeclarationInput): Pick<Declaration, 'anonymous'> {
  const { anonymous } = resolveRoles(name, { ...roles, anonymous: `${name}_arrival` });
  return anonymous ? { anonymous } : {};
}

type Schemas = Pick<Declaration, 'schemas' | 'internalSchemas' | 'privateSchema'>;

function checkDeclarationName(name: string): void {
  // Suffixes such as `_authenticator` have to fit behind it.
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(name)) {
    refuse('invalid_name', 'name', `"${name}" is not made of a-z, 0-9 and _, or is longer than 40`, 'use such a name');
  }
}

function resolveSchemas(input: DeclarationInput): Schemas {
  const internalSchemas = input.internalSchemas ?? [];
  const privateSchema = input.privateSchema ?? `${input.name}_private`;
  input.schemas.forEach((schema, index) => checkSchemaName(schema, `schemas[${index}]`));
  internalSchemas.forEach((schema, index) => checkSchemaName(schema, `internalSchemas[${index}]`));
  checkSchemaName(privateSchema, 'privateSchema');
  checkDistinct([...input.schemas, ...internalSchemas], (index) =>
    index < input.schemas.length ? `schemas[${index}]` : `internalSchemas[${index - input.schemas.length}]`,
  );
  for (const schema of [...input.schemas, ...internalSchemas]) {
    if (schema === privateSchema) {
      refuse(
        'schema_not_exposable',
        'privateSchema',
        `"${schema}" is also one of the declared schemas`,
        'give it a schema of its own',
      );
    }
  }
  return { schemas: input.schemas, internalSchemas, privateSchema };
}

function resolveTable(table: TableInput, schemas: Schemas, roles: Roles): Table {
  const place = placeOf('tables', table.name);
  const name = resolveName(table.name, `${place}, name`, schemas);
  const grants = resolveGrants(table.grants ?? [], `${place}, grants`, roles);
  const policies = resolvePolicies(table.policies ?? [], place, grants, roles);
  refuseUnreachableGrants(`${place}, grants`, table.name, grants, policies, roles);
  const defaults = resolveDefaults(table.defaults ?? {}, `${place}, defaults`);
  return { ...name, grants, policies, ...(Object.keys(defaults).length > 0 && { defaults }) };
}

function resolveDefaults(defaults: NonNullable<TableInput['defaults']>, place: string): NonNullable<Table['defaults']> {
  for (const column of Object.keys(defaults)) checkName(column, place);
  return Object.fromEntries(
    Object.entries(defaults).map(([column, { claim, type = 'text' }]) => [column, { claim, type }]),
  );
}

/** A grant that no permissive policy serves would look like access and give none. */
function refuseUnreachableGrants(
  place: string,
  table: string,
  grants: readonly RelationGrant[],
  policies: Table['policies'],
  roles: Roles,
): void {
  for (const { role, command } of grants) {
    const held = effectiveRoles(role, roles);
    const served = policies.some(
      (policy) => !policy.restrictive && policy.commands.includes(command) && policy.roles.some((to) => held.has(to)),
    );
    if (!served) {
      refuse(
        'grant_without_policy',
        place,
        `"${role}" may ${command} on "${table}", but no permissive policy lets it reach a row`,
        `add a policy for ${command} to "${role}", or remove the grant`,
      );
    }
  }
}

function resolveView(view: ViewInput, schemas: Schemas, roles: Roles): View {
  const place = placeOf('views', view.name);
  return {
    ...resolveName(view.name, `${place}, name`, schemas),
    grants: resolveGrants(view.grants ?? [], `${place}, grants`, roles),
  };
}

function resolveFunction(fn: FunctionInput, schemas: Schemas, roles: Roles): ApiFunction {
  const place = placeOf('functions', fn.name);
  const execute = rolesOf(fn.execute, `${place}, execute`, roles);
  const name = qualify(fn.name, schemas.schemas[0]!, `${place}, name`);
  if (name.schema !== schemas.privateSchema) checkKnownSchema(name.schema, `${place}, name`, schemas);
  return {
    ...name,
    ...(fn.arguments && { arguments: fn.arguments }),
    execute,
    securityDefiner: fn.securityDefiner ?? false,
  };
}

function resolveName(name: string, place: string, schemas: Schemas) {
  const qualified = qualify(name, schemas.schemas[0]!, place);
  checkKnownSchema(qualified.schema, place, schemas);
  return qualified;
}

function rolesOf(to: string | readonly string[], place: string, roles: Roles): readonly string[] {
  const names = typeof to === 'string' ? [to] : to;
  checkDistinct(names, (index) => `${place}[${index}]`);
  for (const name of names) checkKnownRole(name, place, roles);
  return names;
}

function resolveGrants(grants: readonly GrantInput[], place: string, roles: Roles): RelationGrant[] {
  const resolved = grants.flatMap((grant, index) =>
    rolesOf(grant.to, `${place}[${index}].to`, roles).flatMap((role) =>
      (['select', 'insert', 'update', 'delete'] as const satisfies readonly Command[])
        .filter((command) => grant[command] !== undefined)
        .map((command): RelationGrant => {
          const columns = grant[command] === true ? undefined : (grant[command] as readonly string[]);
          columns?.forEach((column) => checkName(column, `${place}[${index}].${command}`));
          checkDistinct(columns ?? [], (at) => `${place}[${index}].${command}[${at}]`);
          return columns ? { role, command, columns } : { role, command };
        }),
    ),
  );
  checkDistinct(
    resolved.map(({ role, command }) => `${command} to ${role}`),
    () => place,
  );
  return resolved;
}

function checkRelationNames({ tables, views, functions }: Declaration): void {
  const relations = [
    ...tables.map((table, index) => ({ ...table, place: `tables[${index}]` })),
    ...views.map((view, index) => ({ ...view, place: `views[${index}]` })),
  ];
  checkDistinct(
    relations.map(({ schema, name }) => `${schema}.${name}`),
    (index) => relations[index]!.place,
  );
  checkDistinct(
    functions.map((fn) => `${fn.schema}.${fn.name}${fn.arguments ? `(${fn.arguments.join(', ')})` : ''}`),
    (index) => `functions[${index}]`,
  );
}

function checkMigrations(migrations: readonly { file: string; sql: string }[]): void {
  checkDistinct(
    migrations.map(({ file }) => file),
    (index) => `migrations[${index}]`,
  );
  migrations.forEach(checkSql);
}

/** Renders every condition of a user once, so that a placeholder without a value or an unbalanced text is refused here. */
function checkPolicyTexts(declaration: Declaration): void {
  for (const policy of declaration.tables.flatMap((table) => table.policies)) {
    if (policy.input.kind === 'membership') {
      const { schema } = membershipTable(policy.input, declaration);
      checkKnownSchema(schema, `${policy.place}, through.table`, declaration);
    }
    if (policy.input.kind !== 'custom') continue;
    const { using, check, values } = policy.input;
    for (const source of [using, check]) {
      if (source) checkCondition({ ...source, sql: renderCondition(source, values, declaration) });
    }
  }
}
