import { desiredAccess } from '../declaration/access.ts';
import { membershipTable } from '../declaration/condition.ts';
import { apiRoles, secondLogin } from '../declaration/roles.ts';
import type { Declaration, PolicyInput } from '../declaration/types.ts';
import type { Catalog, CatalogFunction, CatalogRelation, CatalogRole } from './catalog.ts';
import { plan, planFunctions } from './plan.ts';
import { isSameFunction, matches } from './plan-grants.ts';

/** One thing that the audit has to say. */
export interface Finding {
  /** Stable name of the rule. */
  readonly rule: string;
  /** Errors keep a deploy from committing. */
  readonly level: 'error' | 'warning';
  readonly object: string;
  readonly problem: string;
  readonly fix: string;
}

type Rule = (declaration: Declaration, catalog: Catalog) => Finding[];

/** Looks for whatever would open more than is declared. It reads the catalogs, not what was meant to be done. */
export function audit(declaration: Declaration, catalog: Catalog): Finding[] {
  return RULES.flatMap((rule) => rule(declaration, catalog));
}

const RULES: readonly Rule[] = [
  rowSecurity,
  grantedToPublic,
  notAsDeclared,
  securityDefiners,
  definerTriggers,
  rewriteRules,
  bypassingRelations,
  authenticatorPrivileges,
  apiRolePrivileges,
  grantsElsewhere,
  otherMembers,
  settingsForAll,
  publishedTables,
  missingIndexes,
];

/** A grant on a table without row security shows every row; without a policy nothing says which rows were meant. */
function rowSecurity(_: Declaration, catalog: Catalog): Finding[] {
  const exposed = (relation: CatalogRelation) =>
    isTable(relation) && (relation.grants.length > 0 || relation.column_grants.length > 0);
  const protectedTables = new Set(catalog.policies.map(({ schema, table }) => nameOf({ schema, name: table })));
  return catalog.relations.filter(exposed).flatMap((relation) => {
    const object = nameOf(relation);
    return [
      ...(relation.row_security
        ? []
        : [error('rls_disabled', object, 'is granted without row security', 'declare it as a table')]),
      ...(relation.force_row_security
        ? []
        : [error('rls_not_forced', object, 'does not bind its owner', 'declare it as a table')]),
      ...(protectedTables.has(object)
        ? []
        : [error('no_policy', object, 'is granted and has no policy', 'declare a policy')]),
    ];
  });
}

/** Every role is a member of PUBLIC, also those that are made later. */
function grantedToPublic(_: Declaration, catalog: Catalog): Finding[] {
  const held = [
    ...catalog.database.grants.map((grant) => ({ object: `database ${catalog.database.name}`, grant })),
    ...catalog.schemas.flatMap((schema) => schema.grants.map((grant) => ({ object: `schema ${schema.name}`, grant }))),
    ...catalog.relations.flatMap((relation) =>
      [...relation.grants, ...relation.column_grants].map((grant) => ({ object: nameOf(relation), grant })),
    ),
    ...catalog.functions.flatMap((fn) => fn.grants.map((grant) => ({ object: fn.signature, grant }))),
  ];
  return held
    .filter(({ grant }) => grant.grantee === 'public')
    .map(({ object, grant }) =>
      error(
        'granted_to_public',
        object,
        `grants ${grant.privilege} to PUBLIC`,
        'revoke it as its owner, or move it to another schema',
      ),
    );
}

/** What a plain converge could not put right is not as declared. */
function notAsDeclared(declaration: Declaration, catalog: Catalog): Finding[] {
  return [...planFunctions(declaration, catalog), ...plan(declaration, catalog).steps].map(({ sql, place }) =>
    error(
      'not_as_declared',
      place,
      `still needs: ${sql.split('\n').find((line) => !line.startsWith('--'))}`,
      'apply the declaration, as an admin who may do this',
    ),
  );
}

/** Such a function runs with its owner's rights: its arguments come from whoever may call it. */
function securityDefiners(declaration: Declaration, catalog: Catalog): Finding[] {
  const { functions: ours } = desiredAccess(declaration);
  const isOurs = (fn: CatalogFunction) =>
    fn.schema === declaration.privateSchema && ours.some((own) => isSameFunction(own, fn));
  const callable = catalog.functions.filter((fn) => fn.security_definer && fn.grants.length > 0 && !isOurs(fn));
  return callable.flatMap((fn) => {
    const declared = declaration.functions.some((candidate) => candidate.securityDefiner && matches(candidate, fn));
    return [
      ...(declared
        ? []
        : [
            error(
              'security_definer',
              fn.signature,
              "runs with its owner's rights",
              'make it SECURITY INVOKER, or declare securityDefiner: true',
            ),
          ]),
      ...(fn.search_path_set
        ? []
        : [
            error(
              'search_path_not_set',
              fn.signature,
              "runs with its owner's rights in the caller's search path",
              'add SET search_path to it',
            ),
          ]),
    ];
  });
}

/** Whoever may write to the table runs the trigger's function, without a grant on it. */
function definerTriggers({ owner }: Declaration, catalog: Catalog): Finding[] {
  return catalog.definerTriggers.flatMap(({ schema, table, name, function: fn, function_owner, search_path_set }) => {
    const object = `trigger ${name} of ${schema}.${table}`;
    return [
      ...(function_owner === owner
        ? []
        : [
            error(
              'trigger_of_other_owner',
              object,
              `runs ${fn} with the rights of "${function_owner}", whom the policies need not bind`,
              'make it SECURITY INVOKER, or move it to a managed schema',
            ),
          ]),
      ...(search_path_set
        ? []
        : [
            error(
              'search_path_not_set',
              fn,
              "runs with its owner's rights in the caller's search path",
              'add SET search_path to it',
            ),
          ]),
    ];
  });
}

/** The commands of a rule run with the rights of the table's owner, on whatever tables they name. */
function rewriteRules(_: Declaration, catalog: Catalog): Finding[] {
  return catalog.rules.map(({ schema, table, name }) =>
    error(
      'rewrite_rule',
      `rule ${name} of ${schema}.${table}`,
      "runs with its owner's rights",
      'drop it, and use a trigger',
    ),
  );
}

/** These have no row security of their own. */
function bypassingRelations(_: Declaration, catalog: Catalog): Finding[] {
  return catalog.relations
    .filter((relation) => relation.grants.length > 0 || relation.column_grants.length > 0)
    .flatMap((relation) => {
      if (relation.kind === 'v' && !relation.security_invoker) {
        return [
          error(
            'view_bypasses_policies',
            nameOf(relation),
            "runs with its owner's rights",
            'set security_invoker on it',
          ),
        ];
      }
      if (relation.kind === 'm') {
        return [
          error(
            'view_bypasses_policies',
            nameOf(relation),
            'is a materialized view, which no policy can protect',
            'put a view or a function before it',
          ),
        ];
      }
      if (relation.kind === 'f') {
        return [
          error(
            'view_bypasses_policies',
            nameOf(relation),
            'is a foreign table, which no policy can protect',
            'put a view or a function before it',
          ),
        ];
      }
      return [];
    });
}

/** Whatever the login role could do, a forged role claim could try. */
function authenticatorPrivileges(declaration: Declaration, catalog: Catalog): Finding[] {
  const role = catalog.roles.find(({ name }) => name === declaration.authenticator);
  if (!role) return [];
  const declared = apiRoles(declaration).map(({ name }) => name);
  const object = `role ${role.name}`;
  return [
    ...privilegesOf(role).map((privilege) =>
      error('authenticator_privileged', object, `has ${privilege}`, 'take it away'),
    ),
    ...(role.inherit || role.memberships.some(({ inherit }) => inherit)
      ? [
          error(
            'authenticator_inherits',
            object,
            'has the privileges of its roles without becoming them',
            'make it NOINHERIT, and grant its roles WITH INHERIT FALSE',
          ),
        ]
      : []),
    ...ownedObjects(role),
    ...(role.login ? [] : [error('authenticator_cannot_login', object, 'can not log in', 'give it LOGIN')]),
    ...role.memberships
      .filter((membership) => !declared.includes(membership.role))
      .map((membership) =>
        error(
          'authenticator_member',
          object,
          `is a member of "${membership.role}", which is not declared`,
          'revoke it',
        ),
      ),
    ...membershipAdmins(role),
    ...declared
      .filter((name) => !role.memberships.some((membership) => membership.role === name && membership.set))
      .map((name) => error('authenticator_not_member', object, `is not a member of "${name}"`, 'grant it')),
  ];
}

/** A role that tokens name must not reach beyond its grants. */
function apiRolePrivileges(declaration: Declaration, catalog: Catalog): Finding[] {
  const inherited = new Map(apiRoles(declaration).map((role) => [role.name, role.inherits]));
  inherited.set(declaration.owner, []);
  return catalog.roles.flatMap((role) => {
    const inherits = inherited.get(role.name);
    if (!inherits) return [];
    const object = `role ${role.name}`;
    return [
      ...privilegesOf(role).map((privilege) => error('role_privileged', object, `has ${privilege}`, 'take it away')),
      ...(role.login ? [error('role_can_login', object, 'can log in', 'make it NOLOGIN')] : []),
      ...(role.name === declaration.owner ? [] : ownedObjects(role)),
      ...role.memberships
        .filter((membership) => !inherits.includes(membership.role))
        .map((membership) =>
          error('role_member', object, `is a member of "${membership.role}", which is not declared`, 'revoke it'),
        ),
      ...membershipAdmins(role),
      ...inherits
        .filter((name) => !role.memberships.some((membership) => membership.role === name && membership.inherit))
        .map((name) => error('role_not_member', object, `is not a member of "${name}"`, 'grant it')),
    ];
  });
}

function ownedObjects({ name, owns_objects }: CatalogRole): Finding[] {
  if (!owns_objects) return [];
  return [error('role_owns_objects', `role ${name}`, 'owns objects, which grants do not bind', 'change their owner')];
}

/** Functions of the API run as its roles, and reach whatever these were granted anywhere. */
function grantsElsewhere(_: Declaration, catalog: Catalog): Finding[] {
  return catalog.grantsElsewhere.map(({ role, object, usage_only }) => ({
    rule: 'granted_elsewhere',
    level: usage_only ? 'warning' : 'error',
    object: `role ${role}`,
    problem: `was granted privileges on ${object}, outside of the managed schemas`,
    fix: 'revoke them, or put it into a managed schema and declare it',
  }));
}

/** They reach what the role reaches, without a token. */
function otherMembers({ authenticator }: Declaration, catalog: Catalog): Finding[] {
  const others = catalog.otherMembers.filter(
    ({ role, member, plain }) => role !== authenticator || member !== secondLogin(authenticator) || !plain,
  );
  return others.map(({ role, member }) => ({
    rule: 'role_has_member',
    level: 'warning',
    object: `role ${role}`,
    problem: `has the member "${member}", which is not declared`,
    fix: 'revoke the membership, unless it is meant',
  }));
}

/** What a session begins with holds for PostgREST's, and for those who change data. */
function settingsForAll(_: Declaration, catalog: Catalog): Finding[] {
  return catalog.settingsForAll.map(({ object, setting }) =>
    error(
      'weakening_setting',
      object,
      `begins each session with ${setting}`,
      'reset it: ALTER DATABASE ... RESET, or ALTER ROLE ALL RESET',
    ),
  );
}

/** Policies do not bind replication. */
function publishedTables(_: Declaration, catalog: Catalog): Finding[] {
  return catalog.publishedTables.map(({ schema, table, publication }) => ({
    rule: 'published',
    level: 'warning',
    object: nameOf({ schema, name: table }),
    problem: `leaves the database through the publication "${publication}", with all its rows`,
    fix: 'drop it from the publication, unless it is meant',
  }));
}

/** Who may pass a role on decides who has it. */
function membershipAdmins(role: CatalogRole): Finding[] {
  return role.memberships
    .filter(({ admin }) => admin)
    .map((membership) =>
      error(
        'role_admin',
        `role ${role.name}`,
        `may grant "${membership.role}" to others`,
        'revoke the ADMIN OPTION of the membership',
      ),
    );
}

function privilegesOf(role: CatalogRole): string[] {
  return [
    ...(role.superuser ? ['SUPERUSER'] : []),
    ...(role.bypass_rls ? ['BYPASSRLS'] : []),
    ...(role.create_role ? ['CREATEROLE'] : []),
    ...(role.create_database ? ['CREATEDB'] : []),
    ...(role.replication ? ['REPLICATION'] : []),
  ];
}

/** A policy is a condition of each query: without an index on its column, each reads the whole table. */
function missingIndexes(declaration: Declaration, catalog: Catalog): Finding[] {
  const relations = new Map(catalog.relations.map((relation) => [nameOf(relation), relation]));
  const found = new Map<string, Finding>();
  for (const table of declaration.tables) {
    for (const { input } of table.policies) {
      for (const [schema, name, column] of comparedColumns(input, table.schema, table.name, declaration)) {
        if (relations.get(nameOf({ schema, name }))?.indexed_columns.includes(column)) continue;
        const object = `${schema}.${name}.${column}`;
        found.set(object, {
          rule: 'missing_index',
          level: 'warning',
          object,
          problem: 'is compared by a policy and has no index',
          fix: `create one that begins with "${column}"`,
        });
      }
    }
  }
  return [...found.values()];
}

function comparedColumns(
  input: PolicyInput,
  schema: string,
  table: string,
  declaration: Declaration,
): [string, string, string][] {
  switch (input.kind) {
    case 'own-rows':
    case 'tenant':
    case 'claim-list':
      return [[schema, table, input.column]];
    case 'membership': {
      const through = membershipTable(input, declaration);
      return [
        [schema, table, input.column],
        [through.schema, through.name, input.through.member],
      ];
    }
    case 'all-rows':
    case 'public-rows':
    case 'valid-between':
    case 'custom':
      return [];
  }
}

function isTable({ kind }: CatalogRelation): boolean {
  return kind === 'r' || kind === 'p';
}

function nameOf({ schema, name }: { schema: string; name: string }): string {
  return `${schema}.${name}`;
}

function error(rule: string, object: string, problem: string, fix: string): Finding {
  return { rule, level: 'error', object, problem, fix };
}
