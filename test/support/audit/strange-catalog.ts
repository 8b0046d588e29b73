import type { Declaration } from '../../../declaration/index.ts';
import { apiRoles } from '../../../declaration/roles.ts';
import type { Grant } from '../../../postgres/catalog/acl.ts';
import type { Catalog, CatalogFunction, CatalogRelation, CatalogRole } from '../../../postgres/catalog/catalog.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';

/** A name that means something else in SQL that does not quote it. */
export const STRANGE = `a "b" of c, or 'd'; --`;
const quoted = quoteIdentifier(STRANGE);
const toPublic: Grant = { grantee: 'public', privilege: 'SELECT', grantable: false };

function relation(kind: CatalogRelation['kind'], more: Partial<CatalogRelation> = {}): CatalogRelation {
  return {
    ...{ schema: 'api', name: `${STRANGE} ${kind}`, kind, owner: STRANGE, row_security: false },
    ...{ force_row_security: false, security_invoker: false, extension: false, sequence_of: null },
    ...{ columns: [STRANGE], types: ['int4'], indexed_columns: [] },
    ...{ nondeterministic_columns: [], grants: [toPublic], column_grants: [{ ...toPublic, column: STRANGE }] },
    ...more,
  };
}

const definer: CatalogFunction = {
  ...{ schema: 'api', name: STRANGE, signature: `api.${quoted}(integer)`, owner: STRANGE, arguments: ['integer'] },
  ...{ security_definer: true, search_path_set: false, settings: ['row_security=off'], leakproof: true },
  ...{
    trusted: false,
    body_is_text: true,
    extension: null,
    fixed: false,
    left_to_public: false,
    definition: 'SELECT',
    comment: '',
  },
  grants: [{ ...toPublic, privilege: 'EXECUTE' }],
};

/** A definition whose body reads a table. */
const READING = `CREATE FUNCTION api.reads() AS $function$ SELECT FROM api.${quoted} $function$`;

function role(name: string): CatalogRole {
  return {
    ...{ name, superuser: true, inherit: true, create_role: true, create_database: true, login: false },
    ...{ replication: true, bypass_rls: true, settings: [], has_database_settings: false, owns_objects: true },
    memberships: [{ role: STRANGE, grantor: STRANGE, admin: true, inherit: true, set: true }],
  };
}

/** A catalog in which every rule finds something, as far as Postgres allows with strange names. */
export function strangeCatalog(declaration: Declaration): Catalog {
  const { authenticator, privateSchema } = declaration;
  const user = apiRoles(declaration).find(({ inherits }) => inherits.length > 0)!.name;
  const part = { schema: STRANGE, table: STRANGE, name: STRANGE };
  const elsewhere = (kind: string, object: string, identity: string) => ({ kind, object, identity, schema: null });
  const described = [
    elsewhere('schema', `schema ${STRANGE}`, quoted),
    elsewhere('table', `table ${quoted}.t`, `${quoted}.t`),
    elsewhere('view', `view ${quoted}.v`, `${quoted}.v`),
    elsewhere('materialized view', `materialized view ${quoted}.m`, `${quoted}.m`),
    elsewhere('foreign table', `foreign table ${quoted}.f`, `${quoted}.f`),
    elsewhere('sequence', `sequence ${quoted}.s`, `${quoted}.s`),
    elsewhere('function', `function ${quoted}.f(text)`, `${quoted}.f(pg_catalog.text)`),
    elsewhere('procedure', `function ${quoted}.p(text)`, `${quoted}.p(pg_catalog.text)`),
    elsewhere('type', `type ${quoted}.t`, `${quoted}.t`),
    elsewhere('language', `language ${STRANGE}`, quoted),
    elsewhere('server', `server ${STRANGE}`, quoted),
    elsewhere('foreign-data wrapper', `foreign-data wrapper ${STRANGE}`, quoted),
    elsewhere('tablespace', `tablespace ${STRANGE}`, quoted),
    elsewhere('large object', 'large object 4711', '4711'),
    elsewhere('parameter ACL', 'parameter session_replication_role', 'session_replication_role'),
    elsewhere(
      'default acl',
      `default privileges on new relations belonging to role ${STRANGE} in schema ${STRANGE}`,
      `for role ${quoted} in schema ${quoted} on tables`,
    ),
  ];
  const inheritance = {
    ...{ table: `table api.${quoted}`, other: `table ${quoted}.t`, name: `${quoted}.t`, own_name: `api.${quoted}` },
    ...{ own_schema: 'api', own_table: STRANGE, child_schema: STRANGE, child_name: 't' },
  };
  return {
    database: {
      ...{ name: STRANGE, admin: STRANGE, admin_is_superuser: true, version: 180_004, standby: false, owned: true },
      grants: [{ ...toPublic, privilege: 'TEMPORARY' }],
    },
    roles: [role(authenticator), { ...role(user), login: true }],
    schemas: [{ name: STRANGE, owner: STRANGE, bookkeeping: false, grants: [{ ...toPublic, privilege: 'USAGE' }] }],
    relations: [
      ...(['r', 'p', 'v', 'm', 'f', 'S'] as const).map((kind) => relation(kind)),
      relation('r', { name: STRANGE, row_security: true, force_row_security: true }),
    ],
    functions: [
      definer,
      { ...definer, signature: 'api.of_row(anyelement)', arguments: ['anyelement'] },
      { ...definer, signature: 'api.reads()', owner: declaration.owner, definition: READING },
      { ...definer, signature: 'api.reads_itself()', security_definer: false, definition: READING },
    ],
    types: [],
    policies: [],
    triggers: [],
    functionDefaults: [],
    rules: [part],
    dependencies: [
      {
        ...{ kind: 'relation', schema: 'api', name: STRANGE, commands: null, roles: [user], column: null },
        ...{
          needs: 'function',
          needs_schema: '',
          needs_name: 'api.reads_itself()',
          representation: false,
          certain: true,
        },
      },
    ],
    definerTriggers: [
      {
        ...{ ...part, function: `${quoted}.f()`, function_schema: STRANGE, function_name: 'f' },
        ...{ function_owner: STRANGE, search_path_set: false },
      },
    ],
    grantsElsewhere: described.map((object) => ({ ...object, role: STRANGE, usage_only: false })),
    otherMembers: [{ role: STRANGE, member: STRANGE }],
    settingsForAll: [
      { object: 'the server', alter: 'ALTER SYSTEM', setting: 'row_security=off', minor: false },
      { object: `database ${STRANGE}`, alter: `ALTER DATABASE ${quoted}`, setting: 'row_security=off', minor: false },
      { object: 'every role', alter: 'ALTER ROLE ALL', setting: 'log_statement=all', minor: true },
    ],
    publishedTables: [{ schema: STRANGE, table: STRANGE, publication: STRANGE }],
    subscribedTables: [{ schema: STRANGE, table: STRANGE }],
    defaultPrivileges: [],
    widerDefaults: (['r', 'S', 'f', 'T'] as const).map((kind) => ({
      ...{ role: STRANGE, kind, grantee: STRANGE, privileges: 'SELECT' },
    })),
    privilegedFunctions: [
      {
        ...{ schema: STRANGE, name: 'f', function: `${quoted}.f()`, owner: STRANGE, definer: true },
        ...{ settings: ['role=x'], untrusted: true, extension: false, found_by_name: true, used_by: [] },
      },
    ],
    publicGrants: [
      ...described.map((object) => ({ ...object, column: null, privileges: 'ALL', used_by: [] })),
      {
        ...elsewhere('table', `column ${STRANGE} of table ${quoted}.t`, `${quoted}.t`),
        ...{ column: STRANGE, privileges: 'SELECT', used_by: [`view api.${quoted}`] },
      },
    ],
    inheritance: [
      { ...inheritance, is_child: true, elsewhere: true },
      { ...inheritance, is_child: false, elsewhere: true },
      { ...inheritance, is_child: true, elsewhere: false },
    ],
    ownTables: [
      {
        ...{ schema: privateSchema, name: 'migrations', kind: 'r', persistence: 'u', row_security: true },
        ...{ policies: [STRANGE], triggers: [STRANGE], rules: [STRANGE], relatives: [quoted], definition: 'other' },
      },
    ],
    builtInChanges: [
      { ...elsewhere('function', 'function f()', 'pg_catalog.f()'), cast: false, command: 'DROP ROUTINE f()' },
      {
        ...elsewhere('cast', 'cast from integer to date', '(integer AS date)'),
        ...{ cast: true, command: 'DROP CAST (integer AS date)' },
      },
    ],
    eventTriggers: [{ name: STRANGE, function: `${quoted}.f()`, owner: STRANGE }],
    extensions: [{ name: STRANGE, schema: 'api', relocatable: true }],
    operatorTypes: [
      {
        schema: 'api',
        table: 'notes',
        column: STRANGE,
        type: `${quoted}.t`,
        operator_schemas: [STRANGE],
        closed_schemas: [],
      },
    ],
  };
}
