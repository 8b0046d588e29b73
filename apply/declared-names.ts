import { managedSchemas } from '../compile/access.ts';
import type { Declaration, QualifiedName } from '../declaration/types.ts';
import type { ParsedStatement } from '../postgres/parse-sql.ts';
import type { RoleSpec } from './parse-nodes.ts';

/** Text of a statement on one line. */
export function shown({ sql }: ParsedStatement): string {
  const text = sql.trim().replace(/\s+/g, ' ');
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

/** Name of a role; PUBLIC is `public`. */
export function granteeOf({ roletype, rolename }: RoleSpec): string {
  return roletype === 'ROLESPEC_PUBLIC' ? 'public' : (rolename ?? 'CURRENT_USER');
}

export function listText(names: readonly string[]): string {
  return names.length === 1 ? quoted(names[0]!) : `[${names.map(quoted).join(', ')}]`;
}

export function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

/** Finds the schema of a name as a migration does: the first one of its path that has such a declared object. */
export function qualify({ schemas, tables, views, functions }: Declaration, names: readonly string[]): QualifiedName {
  const found =
    names.length > 1
      ? undefined
      : schemas.find((schema) =>
          [...tables, ...views, ...functions].some((one) => one.schema === schema && one.name === names[0]),
        );
  return { schema: names.length > 1 ? names[0]! : (found ?? schemas[0]!), name: names.at(-1)! };
}

export function isManaged(declaration: Declaration, { schema }: QualifiedName): boolean {
  return managedSchemas(declaration).includes(schema) || schema === declaration.privateSchema;
}

export function isSame(a: QualifiedName, b: QualifiedName): boolean {
  return a.schema === b.schema && a.name === b.name;
}

export function keyOf({ schema, name }: QualifiedName): string {
  return `${schema}.${name}`;
}
