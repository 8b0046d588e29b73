import { managedSchemas } from '../compile/access.ts';
import { apiRoles } from '../declaration/roles.ts';
import type { Command, Declaration, QualifiedName } from '../declaration/types.ts';
import { parseSql, type ParsedStatement } from '../postgres/parse-sql.ts';
import { placeIn } from '../postgres/place-in.ts';
import { isLeftOut } from './migration-statements.ts';
import {
  namesOf,
  rangeNames,
  tableCommands,
  textsOf,
  type AccessPriv,
  type ObjectNode,
  type RangeVar,
  type RoleSpec,
} from './parse-nodes.ts';

/** A statement of a migration that has no effect at the end of the run, since the declaration decides its subject. */
export interface RemovedStatement {
  /** The statement, or the part of it that is removed, such as `GRANT SELECT ON api.todos TO todos_user`. */
  readonly statement: string;
  /** File and line. */
  readonly place: string;
  readonly reason: string;
  /** Declaration that keeps the effect, or another remedy. */
  readonly fix: string;
}

type Removed = Omit<RemovedStatement, 'place'>;

const COMMANDS: readonly Command[] = ['select', 'insert', 'update', 'delete'];
const NOT_DECLARED = 'not declared';

/**
 * Finds the statements of migrations that the declaration overrules.
 *
 * @param files the migrations. @default all
 */
export async function readRemoved(
  declaration: Declaration,
  files: readonly string[] = declaration.migrations.map(({ file }) => file),
): Promise<RemovedStatement[]> {
  const sources = declaration.migrations.filter(({ file }) => files.includes(file));
  const removed = await Promise.all(
    sources.map(async (source) =>
      (await parseSql(source)).flatMap((one) =>
        removedOf(declaration, one).map((part) => ({ ...part, place: placeIn(source, one.offset) })),
      ),
    ),
  );
  return removed.flat();
}

/** Lines for people. Of many alike, the first ones. */
export function removedLines(removed: readonly RemovedStatement[]): string[] {
  const groups = new Map<string, RemovedStatement[]>();
  for (const one of removed) groups.set(one.reason, [...(groups.get(one.reason) ?? []), one]);
  return [...groups.values()].flatMap((group) => [
    ...group
      .slice(0, MAX_LINES)
      .map(({ statement, place, reason, fix }) => `removed: ${statement} (${place}), ${reason}; ${fix}`),
    ...(group.length > MAX_LINES ? [`removed: ${group.length - MAX_LINES} more, ${group[0]!.reason}`] : []),
  ]);
}

const MAX_LINES = 10;

function removedOf(declaration: Declaration, one: ParsedStatement): Removed[] {
  const { kind, node } = one;
  const { owner } = declaration;
  switch (kind) {
    case 'GrantStmt':
      return removedGrants(declaration, one);
    case 'AlterDefaultPrivilegesStmt':
      return (node['action'] as ParsedStatement['node'])['is_grant']
        ? [{ statement: shown(one), reason: NOT_DECLARED, fix: 'declare the grants of each new table or function' }]
        : [];
    case 'AlterOwnerStmt':
      return isLeftOut(declaration, one)
        ? [{ statement: shown(one), reason: `${owner} owns every object`, fix: 'remove it' }]
        : [];
    case 'CreatePolicyStmt':
    case 'AlterPolicyStmt':
      return removedPolicy(declaration, one, rangeNames(node['table'] as RangeVar), String(node['policy_name']));
    case 'DropStmt':
      if (node['removeType'] !== 'OBJECT_POLICY') return [];
      return (node['objects'] as readonly ObjectNode[])
        .map(namesOf)
        .flatMap((names) => removedPolicy(declaration, one, names.slice(0, -1), names.at(-1)!));
    case 'AlterTableStmt':
      if (isLeftOut(declaration, one))
        return [{ statement: shown(one), reason: `${owner} owns every object`, fix: 'remove it' }];
      return tableCommands(node).some(({ subtype }) => /^AT_(Disable|NoForce)RowSecurity$/.test(subtype)) &&
        isManaged(declaration, qualify(declaration, rangeNames(node['relation'] as RangeVar)))
        ? [{ statement: shown(one), reason: 'row security is always on', fix: 'declare allRows for the roles' }]
        : [];
    default:
      return [];
  }
}

function removedPolicy(
  declaration: Declaration,
  one: ParsedStatement,
  tableNames: readonly string[],
  name: string,
): Removed[] {
  const table = qualify(declaration, tableNames);
  if (!isManaged(declaration, table)) return [];
  const isDeclared = declaration.tables
    .filter((declared) => isSame(declared, table))
    .some(({ policies }) => policies.some(({ statements }) => statements.some((policy) => policy.name === name)));
  if (one.kind !== 'CreatePolicyStmt') {
    return isDeclared
      ? [{ statement: shown(one), reason: 'the policy is declared', fix: 'change its declaration' }]
      : [];
  }
  if (isDeclared) return [];
  const { cmd_name: command = 'all', permissive, roles = [] } = one.node as unknown as PolicyNode;
  const parts = [
    `name: '${name}'`,
    ...(command === 'all' ? [] : [`for: '${command}'`]),
    `to: ${listText(roles.map(({ RoleSpec }) => granteeOf(RoleSpec)))}`,
    ...(permissive ? [] : ['restrictive: true']),
    `using: sqlFile('policies/${name.replace(/\W+/g, '_')}.sql')`,
  ];
  const fix = `to keep it, declare it for ${keyOf(table)}: custom({ ${parts.join(', ')} })`;
  return [{ statement: shown(one), reason: NOT_DECLARED, fix }];
}

interface PolicyNode {
  readonly cmd_name?: string;
  readonly permissive?: boolean;
  readonly roles?: readonly { readonly RoleSpec: RoleSpec }[];
}

interface GrantNode {
  readonly is_grant?: boolean;
  readonly targtype: string;
  readonly objtype: string;
  readonly objects?: readonly ObjectNode[];
  readonly privileges?: readonly AccessPriv[];
  readonly grantees: readonly { readonly RoleSpec: RoleSpec }[];
}

function removedGrants(declaration: Declaration, one: ParsedStatement): Removed[] {
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
      ? [{ statement: shown(one), reason: NOT_DECLARED, fix: 'remove it: the declared login may connect' }]
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
      const inserts = declaration.tables.some(
        ({ schema, grants }) =>
          schema === object.schema && grants.some((grant) => grant.role === role && grant.command === 'insert'),
      );
      return {
        text: `SEQUENCE ${key}`,
        all: ['usage'],
        // A declared insert brings it.
        declares: () => inserts,
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

function fixOf(declaration: Declaration, keep: string | undefined, role: string): string {
  if (keep === undefined) return 'remove it: no request needs it';
  const isKnown = apiRoles(declaration).some(({ name }) => name === role);
  if (role === 'public') return `to keep it, declare it for each role: ${keep.replace("'public'", "'…'")}`;
  return `to keep it, declare ${isKnown ? '' : `the role "${role}" and `}${keep}`;
}

/** Text of a statement on one line. */
function shown({ sql }: ParsedStatement): string {
  const text = sql.trim().replace(/\s+/g, ' ');
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

function granteeOf({ roletype, rolename }: RoleSpec): string {
  return roletype === 'ROLESPEC_PUBLIC' ? 'public' : (rolename ?? 'CURRENT_USER');
}

function listText(names: readonly string[]): string {
  return names.length === 1 ? quoted(names[0]!) : `[${names.map(quoted).join(', ')}]`;
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

/** Finds the schema of a name as a migration does: the first one of its path that has such a declared object. */
function qualify({ schemas, tables, views, functions }: Declaration, names: readonly string[]): QualifiedName {
  const found =
    names.length > 1
      ? undefined
      : schemas.find((schema) =>
          [...tables, ...views, ...functions].some((one) => one.schema === schema && one.name === names[0]),
        );
  return { schema: names.length > 1 ? names[0]! : (found ?? schemas[0]!), name: names.at(-1)! };
}

function isManaged(declaration: Declaration, { schema }: QualifiedName): boolean {
  return managedSchemas(declaration).includes(schema) || schema === declaration.privateSchema;
}

function isSame(a: QualifiedName, b: QualifiedName): boolean {
  return a.schema === b.schema && a.name === b.name;
}

function keyOf({ schema, name }: QualifiedName): string {
  return `${schema}.${name}`;
}
