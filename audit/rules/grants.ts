import { quoteIdentifier } from '../../postgres/quote.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { Catalog } from '../../postgres/catalog/catalog.ts';
import { error, nameOf, warning, type Finding } from '../finding.ts';

/** Every role is a member of PUBLIC, also those that are made later. */
export function grantedToPublic(_: Declaration, catalog: Catalog): Finding[] {
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

/** Functions of the API run as its roles, and reach whatever these, or PUBLIC, were granted anywhere. */
export function grantsElsewhere(_: Declaration, catalog: Catalog): Finding[] {
  return [
    ...catalog.grantsElsewhere.map(({ role, object, usage_only }) =>
      (usage_only ? warning : error)(
        'granted_elsewhere',
        `role ${role}`,
        `was granted privileges on ${object}, outside of the managed schemas`,
        `${revoke('ALL', object, quoteIdentifier(role))}, or put it into a managed schema and declare it`,
      ),
    ),
    ...catalog.publicGrants.map(({ object, privileges, used_by }) =>
      error(
        'public_elsewhere',
        object,
        `grants ${privileges} to PUBLIC, which every role of the API has as well${restedOn(used_by)}`,
        revoke(privileges, object, 'PUBLIC'),
      ),
    ),
  ];
}

const KINDS = { r: 'TABLES', S: 'SEQUENCES', f: 'ROUTINES', T: 'TYPES' } as const;

/** Finds default privileges of other roles: they open objects that the role makes by hand, until the next deploy. */
export function widerDefaults(_: Declaration, catalog: Catalog): Finding[] {
  return catalog.widerDefaults.map(({ role, kind, grantee, privileges }) => {
    const to = grantee === 'public' ? 'PUBLIC' : quoteIdentifier(grantee);
    const everywhere = `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteIdentifier(role)}`;
    return error(
      'default_privileges',
      `default privileges of ${role}`,
      `grant ${privileges} to ${to} on the ${KINDS[kind].toLowerCase()} that it makes, in managed schemas as well`,
      `${everywhere} REVOKE ALL ON ${KINDS[kind]} FROM ${to}; where other schemas need it: ${everywhere} IN SCHEMA ... GRANT`,
    );
  });
}

/** Names what rests on an object, for the end of a sentence. */
export function restedOn(users: readonly string[]): string {
  return users.length === 0 ? '' : `, and ${users.join(', ')} ${users.length === 1 ? 'rests' : 'rest'} on it`;
}

/** SQL that takes privileges on something away, from Postgres' own description of it. */
function revoke(privileges: string, description: string, grantee: string): string {
  const column = /^column (.+) of (.+)$/s.exec(description);
  const columns = column ? ` (${quoteIdentifier(column[1]!)})` : '';
  const object = (column?.[2] ?? description)
    .replace(/^(?:view|materialized view|foreign table|sequence) /, 'table ')
    .replace(/^server /, 'foreign server ')
    .replace(/^foreign-data wrapper /, 'foreign data wrapper ');
  const later = /^default privileges on new (.+) belonging to role (.+?)(?: in schema (.+))?$/s.exec(object);
  if (later) {
    const [, kind = '', role, schema] = later;
    const place = schema === undefined ? '' : ` IN SCHEMA ${schema}`;
    return `ALTER DEFAULT PRIVILEGES FOR ROLE ${role}${place} REVOKE ALL ON ${kind === 'relations' ? 'TABLES' : kind} FROM ${grantee}`;
  }
  return `REVOKE ${privileges}${columns} ON ${object} FROM ${grantee}`;
}
