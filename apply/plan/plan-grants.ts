import { isSameFunction, matches } from '../../compile/same-function.ts';
import { desiredAccess } from '../../compile/access.ts';
import type { DesiredAccess } from '../../compile/desired-access.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { apiRoles, temporaryRoles } from '../../declaration/roles.ts';
import { tokenServiceNames } from '../../declaration/token-service/token-service.ts';
import type { Declaration, QualifiedName, RelationGrant } from '../../declaration/types.ts';
import type { CatalogRelation } from '../../postgres/catalog/catalog.ts';
import type { CatalogBasics, ComparedCatalog } from '../../postgres/catalog/read-catalog.ts';
import type { Grant } from '../../postgres/catalog/acl.ts';
import { neededPrivileges, type Need } from './needs.ts';
import { namedIn } from '../by-name.ts';
import { formerFunctions } from './own-functions.ts';
import type { Step } from './step.ts';
import { raw, statementsOf } from '../../postgres/statements.ts';

const statement = statementsOf('apply/statements');

/** Grantees and their privileges on one object: `SELECT`, or `SELECT(title)` for a column. */
type Privileges = ReadonlyMap<string, ReadonlySet<string>>;

/** One object whose grants are compared. */
interface Subject {
  readonly place: string;
  readonly as: Step['as'];
  readonly want: Privileges;
  readonly have: readonly (Grant & { readonly column?: string })[];
  readonly revoke: (grantee: string) => string;
  readonly grant: (grantee: string, privileges: readonly string[]) => string[];
}

interface GrantPlan {
  readonly revoke: Step[];
  readonly grant: Step[];
}

/** Brings the grants of every object in the managed schemas to exactly what is declared. */
export function planGrants(declaration: Declaration, access: DesiredAccess, catalog: ComparedCatalog): GrantPlan {
  const former = new Set(formerFunctions(declaration, catalog).map(({ signature }) => signature));
  const needs = neededPrivileges(declaration, catalog).filter(
    ({ name, isGrantable }) => isGrantable && !former.has(name),
  );
  const subjects = [
    database(declaration, catalog),
    ...schemas(declaration, catalog),
    ...relations(declaration, catalog, needs),
    ...functions(declaration, access, catalog, needs),
    ...types(catalog),
  ];
  const compared = subjects.map((subject) => compare(subject, declaration.owner));
  return {
    revoke: [...compared.flatMap(({ revoke }) => revoke), ...defaultPrivileges(declaration, catalog)],
    grant: compared.flatMap(({ grant }) => grant),
  };
}

/** Places that exist and have declared grants, but none in the database. */
export function ungranted(declaration: Declaration, catalog: ComparedCatalog): string[] {
  return [...relations(declaration, catalog, []), ...functions(declaration, desiredAccess(declaration), catalog, [])]
    .filter(({ want, have }) => have.length === 0 && [...want.keys()].some((grantee) => grantee !== declaration.owner))
    .map(({ place }) => place);
}

/** Resets a grantee with excess privileges or a grant option: REVOKE ALL, then the declared grants. */
function compare({ place, as, want, have, revoke, grant }: Subject, owner: string): GrantPlan {
  const present = new Map<string, Set<string>>();
  const excessive = new Set<string>();
  // To revoke a grant option is to revoke the grants made with it, so all declared grants follow.
  const passedOn = have.some(({ grantable }) => grantable);
  for (const { grantee, privilege, grantable, column } of have) {
    const name = column === undefined ? privilege : `${privilege}(${quoteIdentifier(column)})`;
    present.set(grantee, (present.get(grantee) ?? new Set()).add(name));
    if (grantable || !want.get(grantee)?.has(name)) excessive.add(grantee);
  }
  const step = (sql: string): Step => ({ sql, as, place });
  return {
    revoke: [...excessive].map((grantee) => ({ ...step(revoke(grantee)), purpose: 'revoke' })),
    grant: [...want].flatMap(([grantee, privileges]) => {
      const lacking = [...privileges].filter(
        (name) => passedOn || excessive.has(grantee) || !present.get(grantee)?.has(name),
      );
      if (lacking.length === 0) return [];
      return grant(grantee, lacking).map((sql) => (grantee === owner ? { ...step(sql), purpose: 'owner' } : step(sql)));
    }),
  };
}

/** Migrations run as the owner, and may create schemas, trusted extensions, publications and temporary tables. */
const OWNER_PRIVILEGES = ['CREATE', 'TEMPORARY'];

/** Plans the owner's privileges on the database, which its migrations need. */
export function planOwnerPrivileges({ owner }: Declaration, { database: { name, grants } }: CatalogBasics): Step[] {
  const lacking = OWNER_PRIVILEGES.filter(
    (wanted) => !grants.some(({ grantee, privilege }) => grantee === owner && privilege === wanted),
  );
  if (lacking.length === 0) return [];
  const privileges = raw(lacking.join(', '));
  const sql = statement('grant_on_database', { name, grantee: owner, privileges });
  return [{ sql, as: 'admin', place: `database ${name}` }];
}

function database(declaration: Declaration, { database: { name, grants } }: ComparedCatalog): Subject {
  const { authenticator, owner } = declaration;
  // The role of a token service is not declared. If it exists, it keeps CONNECT.
  const { role: service } = tokenServiceNames(declaration);
  return {
    place: `database ${name}`,
    as: 'admin',
    want: privileges([
      [authenticator, 'CONNECT'],
      ...OWNER_PRIVILEGES.map((privilege): [string, string] => [owner, privilege]),
      ...temporaryRoles(declaration).map((role): [string, string] => [role, 'TEMPORARY']),
      ...(grants.some(({ grantee }) => grantee === service) ? [[service, 'CONNECT'] as [string, string]] : []),
    ]),
    have: grants,
    revoke: (grantee) => statement('revoke_on_database', { name, grantee: toRole(grantee) }),
    grant: (grantee, names) => [statement('grant_on_database', { name, grantee, privileges: raw(names.join(', ')) })],
  };
}

function schemas(declaration: Declaration, catalog: ComparedCatalog): Subject[] {
  const want = privileges(apiRoles(declaration).map((role) => [role.name, 'USAGE']));
  return catalog.schemas.map(({ name, grants }) => ({
    place: `schema ${name}`,
    as: 'owner',
    want,
    have: grants,
    revoke: (grantee) => statement('revoke_on_schema', { name, grantee: toRole(grantee) }),
    grant: (grantee, names) => [statement('grant_on_schema', { name, grantee, privileges: raw(names.join(', ')) })],
  }));
}

function relations(declaration: Declaration, catalog: ComparedCatalog, needs: readonly Need[]): Subject[] {
  const declared = new Map(
    [...declaration.tables, ...declaration.views].map((relation) => [keyOf(relation), relation.grants]),
  );
  return catalog.relations.map((relation) =>
    relation.kind === 'S' ? sequence(relation, needs) : tableOrView(relation, declared.get(keyOf(relation)) ?? []),
  );
}

function tableOrView(relation: CatalogRelation, grants: readonly RelationGrant[]): Subject {
  const name = { schema: relation.schema, name: relation.name };
  return {
    place: keyOf(relation),
    as: relation.extension ? 'admin' : 'owner',
    want: privileges(
      grants.flatMap(({ role, command, columns }) => {
        const privilege = command.toUpperCase();
        const present = columns?.filter((column) => relation.columns.includes(column));
        return (present?.map((column) => `${privilege}(${quoteIdentifier(column)})`) ?? [privilege]).map(
          (p): [string, string] => [role, p],
        );
      }),
    ),
    have: [...relation.grants, ...relation.column_grants],
    revoke: (grantee) => statement('revoke_on_relation', { ...name, grantee: toRole(grantee) }),
    grant: (grantee, names) => [
      statement('grant_on_relation', { ...name, grantee, privileges: raw(names.join(', ')) }),
    ],
  };
}

function sequence(relation: CatalogRelation, needs: readonly Need[]): Subject {
  const name = { schema: relation.schema, name: relation.name };
  const drawing = needs.filter(
    (need) => need.kind === 'sequence' && need.schema === relation.schema && need.name === relation.name,
  );
  return {
    place: keyOf(relation),
    as: relation.extension ? 'admin' : 'owner',
    want: privileges(drawing.map(({ role }) => [role, 'USAGE'])),
    have: relation.grants,
    revoke: (grantee) => statement('revoke_on_sequence', { ...name, grantee: toRole(grantee) }),
    grant: (grantee, names) => [
      statement('grant_on_sequence', { ...name, grantee, privileges: raw(names.join(', ')) }),
    ],
  };
}

function functions(
  declaration: Declaration,
  access: DesiredAccess,
  catalog: ComparedCatalog,
  needs: readonly Need[],
): Subject[] {
  const needing = new Map<string, string[]>();
  for (const { role, kind, name, representation } of needs) {
    if (kind !== 'function') continue;
    // PostgREST looks for representations as its login role.
    const roles = [role, ...(representation ? [declaration.authenticator] : [])];
    needing.set(name, [...(needing.get(name) ?? []), ...roles]);
  }
  // The audit reports fixed ones that are open.
  const changeable = catalog.functions.filter(({ fixed }) => !fixed);
  return changeable.map((fn) => {
    const roles = [
      ...(fn.schema === declaration.privateSchema
        ? (access.functions.find((own) => isSameFunction(own, fn))?.executableBy ?? [])
        : []),
      ...namedIn(declaration.functions, fn)
        .filter((declared) => matches(declared, fn))
        .flatMap(({ execute }) => execute),
      ...(needing.get(fn.signature) ?? []),
      // A superuser owns it. Functions and migrations of the owner run it as PUBLIC could.
      ...(fn.left_to_public ? [declaration.owner] : []),
    ];
    const signature = raw(fn.signature);
    return {
      place: `${fn.schema}.${fn.name}`,
      as: fn.extension ? 'admin' : 'owner',
      want: privileges(roles.map((role) => [role, 'EXECUTE'])),
      have: fn.grants,
      revoke: (grantee) => statement('revoke_on_function', { signature, grantee: toRole(grantee) }),
      grant: (grantee, names) => [
        statement('grant_on_function', { signature, grantee, privileges: raw(names.join(', ')) }),
      ],
    };
  });
}

function types(catalog: ComparedCatalog): Subject[] {
  return catalog.types.map(({ schema, name, grants }) => ({
    place: `type ${schema}.${name}`,
    as: 'owner',
    want: new Map(),
    have: grants,
    revoke: (grantee) => statement('revoke_on_type', { schema, name, grantee: toRole(grantee) }),
    grant: () => [],
  }));
}

const DEFAULT_PRIVILEGE_KINDS = {
  r: 'TABLES',
  S: 'SEQUENCES',
  f: 'ROUTINES',
  T: 'TYPES',
  n: 'SCHEMAS',
  L: 'LARGE OBJECTS',
} as const;

/** Revokes default privileges: new objects of the owner, or in a managed schema, start without grants. */
function defaultPrivileges({ owner }: Declaration, catalog: ComparedCatalog): Step[] {
  const closed = (kind: 'f' | 'T') =>
    catalog.defaultPrivileges.some(
      (entry) => entry.schema === null && entry.kind === kind && !hasGrant(entry.grants, 'public'),
    );
  return [
    ...(closed('f') ? [] : [ownerStep(statement('close_future_functions', { owner }))]),
    ...(closed('T') ? [] : [ownerStep(statement('close_future_types', { owner }))]),
    ...catalog.defaultPrivileges.flatMap(({ role, schema, kind, grants }) =>
      [...new Set(grants.map(({ grantee }) => grantee))]
        .filter((grantee) => !(schema === null && grantee === 'public' && (kind === 'f' || kind === 'T')))
        .map((grantee): Step => {
          const values = { role, kind: raw(DEFAULT_PRIVILEGE_KINDS[kind]), grantee: toRole(grantee) };
          return {
            sql:
              schema === null
                ? statement('revoke_database_default_privileges', values)
                : statement('revoke_default_privileges', { ...values, schema }),
            as: 'admin',
            place: `default privileges of ${role}`,
            purpose: 'default privileges',
          };
        }),
    ),
  ];

  function ownerStep(sql: string): Step {
    return { sql, as: 'owner', place: `default privileges of ${owner}`, purpose: 'default privileges' };
  }
}

function hasGrant(grants: readonly Grant[], grantee: string): boolean {
  return grants.some((grant) => grant.grantee === grantee);
}

function privileges(entries: readonly (readonly [string, string])[]): Privileges {
  const map = new Map<string, Set<string>>();
  for (const [grantee, privilege] of entries) map.set(grantee, (map.get(grantee) ?? new Set()).add(privilege));
  return map;
}

/** PUBLIC is a keyword, not a role: quoted, it would name a role that cannot exist. */
export function toRole(grantee: string) {
  return raw(grantee === 'public' ? 'PUBLIC' : quoteIdentifier(grantee));
}

function keyOf({ schema, name }: QualifiedName): string {
  return `${schema}.${name}`;
}
