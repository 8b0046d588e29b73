import type { Grant } from '../../postgres/catalog/acl.ts';
import type { Catalog } from '../../postgres/catalog/catalog.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { functionObject, namedObject, relationObject, type FindingObject } from '../finding-object.ts';
import { fix, run } from '../fix.ts';
import { sqlName } from '../relations.ts';
import { revocation } from '../revocation.ts';
import type { CatalogRule, Found } from '../rule.ts';
import { restedOn } from './functions.ts';

export const grantedToPublic: CatalogRule = {
  id: 'granted_to_public',
  levels: ['error'],
  subject: 'grants',
  why: 'Every role is a member of PUBLIC, and so is each role that is made later.',
  fix:
    'Apply the declaration. Where another role owns the object, revoke the grant as its owner, or move the object. ' +
    "An admin who is no superuser cannot revoke grants on a trusted extension's functions: put such an extension into a " +
    'schema that is not declared.',
  check: ({ catalog }) => [
    ...managedGrants(catalog)
      .filter(({ grant }) => grant.grantee === 'public')
      .map(({ object, sql, grant: { privilege, column } }) => {
        const columns = column === undefined ? '' : ` (${quoteIdentifier(column)})`;
        return {
          object,
          problem: `grants ${privilege} to PUBLIC`,
          fix: fix(
            'revoke it as its owner, or move it to another schema',
            `REVOKE ${privilege}${columns} ON ${sql} FROM PUBLIC`,
          ),
        };
      }),
    ...fixedGrants(catalog),
  ],
};

/** One finding for all functions of an extension whose grants the admin cannot change. */
function fixedGrants({ functions, database: { admin } }: Catalog): Found[] {
  // The constructors of a range type read nothing.
  const open = functions.filter(
    ({ extension, fixed, grants }) => extension && fixed && grants.some(({ grantee }) => grantee === 'public'),
  );
  return [...new Set(open.map(({ extension }) => extension!))].map((name) => {
    const own = open.filter(({ extension }) => extension === name);
    const { schema, owner } = own[0]!;
    const create = `CREATE EXTENSION ${quoteIdentifier(name)} SCHEMA extensions`;
    return {
      object: { kind: 'extension', name, text: `extension ${name}` },
      problem:
        `grants EXECUTE on ${own.length} of its functions in ${schema} to PUBLIC, ` +
        `which "${admin}" cannot revoke, because they belong to "${owner}"`,
      fix: fix(
        'put it into a schema that is not declared, with USAGE for the roles: CREATE SCHEMA extensions; ' +
          `${create}; GRANT USAGE ON SCHEMA extensions TO …; and name the schema in 'db-extra-search-path' in ` +
          'server.settings; or deploy as a superuser',
      ),
    };
  });
}

interface ManagedGrant {
  readonly object: FindingObject;
  /** The object in a statement that grants or revokes. */
  readonly sql: string;
  readonly grant: Grant & { readonly column?: string };
}

function managedGrants({ database, schemas, relations, functions }: Catalog): ManagedGrant[] {
  const of = (object: FindingObject, sql: string, grants: readonly ManagedGrant['grant'][]) =>
    grants.map((grant) => ({ object, sql, grant }));
  return [
    ...of(namedObject('database', database.name), `DATABASE ${quoteIdentifier(database.name)}`, database.grants),
    ...schemas.flatMap(({ name, grants }) =>
      of(namedObject('schema', name), `SCHEMA ${quoteIdentifier(name)}`, grants),
    ),
    ...relations.flatMap((relation) =>
      of(relationObject(relation), `${relation.kind === 'S' ? 'SEQUENCE' : 'TABLE'} ${sqlName(relation)}`, [
        ...relation.grants,
        ...relation.column_grants,
      ]),
    ),
    ...functions
      .filter(({ fixed }) => !fixed)
      .flatMap((fn) => of(functionObject(fn), `ROUTINE ${fn.signature}`, fn.grants)),
  ];
}

export const grantedElsewhere: CatalogRule = {
  id: 'granted_elsewhere',
  levels: ['error', 'warning'],
  subject: 'grants',
  why: 'Functions of the API run as its roles. They reach every object on which these roles have a grant.',
  otherLevelWhen: 'for functions, types and USAGE on a schema that is not in `db-extra-search-path`',
  fix: 'Revoke the grant, or put the object into a managed schema and declare it.',
  check: ({ catalog, accepted: { searchedSchemas } }) =>
    catalog.grantsElsewhere
      .filter(
        ({ kind, identity, usage_only }) => !(usage_only && kind === 'schema' && searchedSchemas.includes(identity)),
      )
      .map((grant) => ({
        level: grant.usage_only ? 'warning' : 'error',
        object: namedObject('role', grant.role),
        problem: `was granted privileges on ${grant.object}, outside of the managed schemas`,
        fix: run(
          revocation(grant, 'ALL', quoteIdentifier(grant.role)),
          ', or put it into a managed schema and declare it',
        ),
      })),
};

export const publicElsewhere: CatalogRule = {
  id: 'public_elsewhere',
  levels: ['error'],
  subject: 'grants',
  why: 'Every role has what PUBLIC has. Requests find the object by name, or a declared object rests on it.',
  fix: 'Revoke the grant from PUBLIC.',
  check: ({ catalog }) =>
    catalog.publicGrants.map((grant) => {
      const { object: text, kind, schema, identity, column, privileges, used_by } = grant;
      return {
        object: {
          ...(column === null ? { kind, name: identity } : { kind: `${kind} column`, table: identity, name: column }),
          ...(schema !== null && { schema }),
          text,
        },
        problem: `grants ${privileges} to PUBLIC, which every role of the API has as well${restedOn(used_by)}`,
        fix: run(revocation(grant, privileges, 'PUBLIC')),
      };
    }),
};
