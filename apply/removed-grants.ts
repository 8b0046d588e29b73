import { managedSchemas } from '../compile/access.ts';
import { apiRoles } from '../declaration/roles.ts';
import type { Command, Declaration } from '../declaration/types.ts';
import { mayName, sequencesIn, type BodyName } from '../postgres/catalog/body-names.ts';
import type { ParsedStatement } from '../postgres/parse-sql.ts';
import { withoutComments } from '../postgres/sql-text.ts';
import { granteeOf, isManaged, isSame, keyOf, qualify, quoted, shown } from './declared-names.ts';
import { namesOf, textsOf, type AccessPriv, type ObjectNode, type RoleSpec } from './parse-nodes.ts';
import { NOT_DECLARED, type Removed } from './removed.ts';

const COMMANDS: readonly Command[] = ['select', 'insert', 'update', 'delete'];

interface GrantNode {
  readonly is_grant?: boolean;
  readonly targtype: string;
  readonly objtype: string;
  readonly objects?: readonly ObjectNode[];
  readonly privileges?: readonly AccessPriv[];
  readonly grantees: readonly { readonly RoleSpec: RoleSpec }[];
}

/** Finds what a declaration overrules in a GRANT or REVOKE. */
export function removedGrants(declaration: Declaration, one: ParsedStatement): Removed[] {
  const {
    is_grant: isGrant = false,
    targtype,
    objtype,
    objects = [],
    privileges,
    grantees,
  } = one.node as unknown as GrantNode;
  if (objtype === 'OBJECT_DATABASE') {
    return isGrant
      ? [
          {
            statement: shown(one),
            reason: NOT_DECLARED,
            fix: 'remove it: the login may connect, and temporaryTables is declared for a role',
          },
        ]
      : [];
  }
  const roles = grantees.map(({ RoleSpec }) => granteeOf(RoleSpec)).filter((role) => role !== declaration.owner);
  if (targtype === 'ACL_TARGET_ALL_IN_SCHEMA') {
    const schemas = objects.flatMap(namesOf).filter((schema) => managedSchemas(declaration).includes(schema));
    return isGrant && schemas.length > 0 && roles.length > 0
      ? [{ statement: shown(one), reason: NOT_DECLARED, fix: 'declare the grants of each table or function' }]
      : [];
  }
  return objects.map(namesOf).flatMap((names) =>
    roles.flatMap((role): Removed[] => {
      const subject = subjectOf(declaration, objtype, names, role);
      if (!subject) return [];
      const wanted = (privileges ??
        subject.all.map((name) => ({ AccessPriv: { priv_name: name } }))) as readonly AccessPriv[];
      const found = wanted.filter(
        ({ AccessPriv: { priv_name: name = 'all', cols } }) => subject.declares(name, textsOf(cols)) !== isGrant,
      );
      if (found.length === 0) return [];
      const list = found.map(({ AccessPriv: { priv_name: name = 'all', cols } }) =>
        [name.toUpperCase(), ...(cols ? [`(${textsOf(cols).join(', ')})`] : [])].join(' '),
      );
      const grantee = role === 'public' ? 'PUBLIC' : role;
      const text = `${isGrant ? 'GRANT' : 'REVOKE'} ${list.join(', ')} ON ${subject.text} ${isGrant ? 'TO' : 'FROM'} ${grantee}`;
      if (!isGrant)
        return [{ statement: text, reason: 'the grant is declared', fix: 'remove it from the declaration' }];
      return [{ statement: text, reason: NOT_DECLARED, fix: fixOf(declaration, subject.keep(found), role) }];
    }),
  );
}

/** An object of a GRANT, and what is declared about it for one role. */
interface GrantSubject {
  readonly text: string;
  /** Privileges that ALL means here. */
  readonly all: readonly string[];
  readonly declares: (privilege: string, columns: readonly string[]) => boolean;
  /** Declaration that keeps the privileges; undefined if none can. */
  readonly keep: (privileges: readonly AccessPriv[]) => string | undefined;
}

function subjectOf(
  declaration: Declaration,
  objtype: string,
  names: readonly string[],
  role: string,
): GrantSubject | undefined {
  const object = qualify(declaration, names);
  if (objtype === 'OBJECT_SCHEMA') {
    if (!managedSchemas(declaration).includes(names[0]!)) return undefined;
    const isApiRole = apiRoles(declaration).some(({ name }) => name === role);
    return {
      text: `SCHEMA ${names[0]}`,
      all: ['usage', 'create'],
      declares: (privilege) => privilege === 'usage' && isApiRole,
      keep: () => undefined,
    };
  }
  if (!isManaged(declaration, object)) return undefined;
  const key = keyOf(object);
  switch (objtype) {
    case 'OBJECT_TABLE': {
      const isView = declaration.views.some((view) => isSame(view, object));
      const grants = [...declaration.tables, ...declaration.views]
        .filter((relation) => isSame(relation, object))
        .flatMap((relation) => relation.grants)
        .filter((grant) => grant.role === role);
      return {
        text: key,
        all: COMMANDS,
        declares: (privilege, columns) =>
          grants.some(
            (grant) =>
              grant.command === privilege &&
              (!grant.columns || (columns.length > 0 && columns.every((column) => grant.columns!.includes(column)))),
          ),
        keep: (privileges) => {
          const kept = privileges.filter(({ AccessPriv: { priv_name: name } }) => COMMANDS.includes(name as Command));
          if (kept.length === 0) return undefined;
          const grant = kept.map(
            ({ AccessPriv: { priv_name: name, cols } }) =>
              `${name}: ${cols ? `[${textsOf(cols).map(quoted).join(', ')}]` : 'true'}`,
          );
          return `${isView ? 'views' : 'tables'}: [{ name: ${quoted(key)}, grants: [{ to: ${quoted(role)}, ${grant.join(', ')} }]${isView ? '' : ', policies: […]'} }]`;
        },
      };
    }
    case 'OBJECT_SEQUENCE': {
      const inserting = declaration.tables.filter(
        ({ schema, grants }) =>
          schema === object.schema && grants.some((grant) => grant.role === role && grant.command === 'insert'),
      );
      const isDrawn = () => drawnSequences(declaration).some((name) => mayName(name, object));
      const isOfColumn = () =>
        inserting.some(({ name }) => object.name.startsWith(`${name}_`) && /_seq\d*$/.test(object.name));
      return {
        text: `SEQUENCE ${key}`,
        all: ['usage'],
        // A declared insert brings it.
        declares: () => inserting.length > 0 && (isOfColumn() || isDrawn()),
        keep: () => 'a grant of insert on the table that uses it',
      };
    }
    case 'OBJECT_FUNCTION':
    case 'OBJECT_PROCEDURE':
    case 'OBJECT_ROUTINE': {
      const declared = declaration.functions.filter((fn) => isSame(fn, object));
      return {
        text: `FUNCTION ${key}`,
        all: ['execute'],
        declares: () => declared.some(({ execute }) => execute.includes(role)),
        keep: () => `functions: [{ name: ${quoted(key)}, execute: ${quoted(role)} }]`,
      };
    }
    default:
      return { text: key, all: ['usage'], declares: () => false, keep: () => undefined };
  }
}

/** Sequences of each declaration: migrations may be long. */
const drawn = new WeakMap<Declaration, readonly BodyName[]>();

/** Sequences from which the SQL of migrations draws. */
function drawnSequences(declaration: Declaration): readonly BodyName[] {
  const known = drawn.get(declaration);
  if (known) return known;
  const found = declaration.migrations.flatMap(({ sql }) => sequencesIn(withoutComments(sql)));
  drawn.set(declaration, found);
  return found;
}

function fixOf(declaration: Declaration, keep: string | undefined, role: string): string {
  if (keep === undefined) return 'remove it: no request needs it';
  const isKnown = apiRoles(declaration).some(({ name }) => name === role);
  if (role === 'public') return `to keep it, declare it for each role: ${keep.replace("'public'", "'…'")}`;
  return `to keep it, declare ${isKnown ? '' : `the role "${role}" and `}${keep}`;
}
