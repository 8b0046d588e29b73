import type { ParsedStatement } from '../postgres/parse-sql.ts';

type Node = ParsedStatement['node'];

/** A role in a statement. */
export interface RoleSpec {
  readonly roletype: string;
  readonly rolename?: string;
}

interface Text {
  readonly String: { readonly sval: string };
}

export interface RangeVar {
  readonly schemaname?: string;
  readonly relname: string;
}

interface Option {
  readonly DefElem: {
    readonly defname: string;
    readonly arg: { readonly List: { readonly items: readonly unknown[] } };
  };
}

/** An object of GRANT, REVOKE or DROP. */
export type ObjectNode =
  | { readonly RangeVar: RangeVar }
  | { readonly ObjectWithArgs: { readonly objname: readonly Text[] } }
  | { readonly List: { readonly items: readonly Text[] } }
  | { readonly TypeName: { readonly names: readonly Text[] } }
  | Text;

/** A privilege, on some columns or on the whole object. */
export interface AccessPriv {
  readonly AccessPriv: { readonly priv_name?: string; readonly cols?: readonly Text[] };
}

export function textsOf(nodes: readonly Text[] = []): string[] {
  return nodes.map(({ String: { sval } }) => sval);
}

/** Parts of the name of an object: a schema, if the statement has one, and the name. */
export function namesOf(node: ObjectNode): readonly string[] {
  if ('RangeVar' in node) return rangeNames(node.RangeVar);
  if ('ObjectWithArgs' in node) return textsOf(node.ObjectWithArgs.objname);
  if ('List' in node) return textsOf(node.List.items);
  if ('TypeName' in node) return textsOf(node.TypeName.names);
  return textsOf([node]);
}

export function rangeNames({ schemaname, relname }: RangeVar): string[] {
  return schemaname === undefined ? [relname] : [schemaname, relname];
}

/** A list option of a statement, such as the roles or schemas of ALTER DEFAULT PRIVILEGES. */
export function listOption<T>(node: Node, name: string): readonly T[] {
  return ((node['options'] ?? []) as readonly Option[])
    .filter(({ DefElem: { defname } }) => defname === name)
    .flatMap(({ DefElem: { arg } }) => arg.List.items as readonly T[]);
}

/** Subtypes of the commands of ALTER TABLE, and the new owner of OWNER TO. */
export function tableCommands(node: Node): readonly { readonly subtype: string; readonly newowner?: RoleSpec }[] {
  const commands = (node['cmds'] ?? []) as readonly { AlterTableCmd: { subtype: string; newowner?: RoleSpec } }[];
  return commands.map(({ AlterTableCmd }) => AlterTableCmd);
}
