import type { Grant } from '../../postgres/catalog/acl.ts';
import type { Catalog } from '../../postgres/catalog/catalog.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { functionObject, namedObject, relationObject, type FindingObject } from '../finding-object.ts';
import { fix, run } from '../fix.ts';
import { sqlName } from '../relations.ts';
import { revocation } from '../revocation.ts';
import type { CatalogRule } from '../rule.ts';
import { restedOn } from './functions.ts';

export const grantedToPublic: CatalogRule = {
  id: 'granted_to_public',
  levels: ['error'],
  subject: 'grants',
  why: 'Every role is a member of PUBLIC, and so is each role that is made later.',
  fix: 'Apply the declaration. Where another role owns the object, revoke the grant as its owner, or move the object.',
  check: ({ catalog }) =>
    managedGrants(catalog)
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
};

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
    ...functions.flatMap((fn) => of(functionObject(fn), `ROUTINE ${fn.signature}`, fn.grants)),
  ];
}

export const grantedElsewhere: CatalogRule = {
  id: 'granted_elsewhere',
  levels: ['error', 'warning'],
  subject: 'grants',
  why: 'Functions of the API run as its roles. They reach every object on which these roles have a grant.',
  otherLevelWhen: 'for functions, types and USAGE on a schema',
  fix: 'Revoke the grant, or put the object into a managed schema and declare it.',
  check: ({ catalog }) =>
    catalog.grantsElsewhere.map((grant) => ({
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
