import type { ParsedStatement } from '../../postgres/parse-sql.ts';

/** Reasons for which a statement is no part of a project's migrations. */
export type Purpose =
  /** Grants, default privileges, policies and row security: the declaration has them. */
  | 'access'
  /** Roles, their memberships and settings: the declaration has them. */
  | 'roles'
  /** Owners: everything belongs to the declaration's owner. */
  | 'owner'
  /** A deploy is one transaction, whose session has settings of its own. */
  | 'session'
  /** The declared schemas are made before the first migration. */
  | 'schema'
  /** Rules that change what a command does: they run with their owner's rights, which a deploy rejects. */
  | 'rule'
  /** Replication, event triggers, other databases and servers: no part of an API. */
  | 'elsewhere'
  /** Objects of a platform that a project does not have. */
  | 'platform'
  /** Statements that need an extension that is missing. */
  | 'unavailable';

/** Facts by which a statement is judged. */
export interface PurposeContext {
  /** Schemas that the declaration manages. */
  readonly managed: readonly string[];
  /** Schemas of a platform, without which the project does. */
  readonly platform: readonly string[];
  /** True for a dump, whose session settings are its program's. */
  readonly isDump: boolean;
  /** Schemas that are not managed, where requests find types and functions of extensions. @default none */
  readonly searched?: readonly string[];
  /** Search path of the imported files, where a deploy has another one. @default the same */
  readonly searchPath?: readonly string[];
  /** Settings of functions that only a superuser may make. @default none */
  readonly superuserSettings?: readonly string[];
  /** Declared roles. @default none */
  readonly roles?: readonly string[];
  /** Statements that need an extension that is missing. @default none */
  readonly unavailable?: ReadonlySet<ParsedStatement>;
}

type Node = Readonly<Record<string, unknown>>;

/** Tells why a statement does not belong into a migration; undefined for one that does. */
export function purposeOf(statement: ParsedStatement, context: PurposeContext): Purpose | undefined {
  if (context.unavailable?.has(statement)) return 'unavailable';
  const { kind, node } = statement;
  if (kind === 'GrantStmt' && opensSearched(node, context)) return undefined;
  return BY_KIND[kind] ?? byDetail(kind, node, context) ?? (isOfPlatform(kind, node, context) ? 'platform' : undefined);
}

const BY_KIND: Readonly<Record<string, Purpose>> = {
  GrantStmt: 'access',
  AlterDefaultPrivilegesStmt: 'access',
  GrantRoleStmt: 'roles',
  CreateRoleStmt: 'roles',
  AlterRoleStmt: 'roles',
  AlterRoleSetStmt: 'roles',
  DropRoleStmt: 'roles',
  AlterOwnerStmt: 'owner',
  ReassignOwnedStmt: 'owner',
  DropOwnedStmt: 'owner',
  TransactionStmt: 'session',
  ListenStmt: 'session',
  NotifyStmt: 'session',
  CreateEventTrigStmt: 'elsewhere',
  AlterEventTrigStmt: 'elsewhere',
  CreatePublicationStmt: 'elsewhere',
  AlterPublicationStmt: 'elsewhere',
  CreateSubscriptionStmt: 'elsewhere',
  AlterSubscriptionStmt: 'elsewhere',
  DropSubscriptionStmt: 'elsewhere',
  SecLabelStmt: 'elsewhere',
  AlterDatabaseStmt: 'elsewhere',
  AlterDatabaseSetStmt: 'elsewhere',
  AlterSystemStmt: 'elsewhere',
  CreatedbStmt: 'elsewhere',
  DropdbStmt: 'elsewhere',
  CreatePLangStmt: 'elsewhere',
  CreateForeignServerStmt: 'elsewhere',
  CreateFdwStmt: 'elsewhere',
  CreateUserMappingStmt: 'elsewhere',
  CreateForeignTableStmt: 'elsewhere',
  ImportForeignSchemaStmt: 'elsewhere',
};

/** Kinds of objects that are described, dropped or renamed, and why that is not for a migration. */
const BY_OBJECT: Readonly<Record<string, Purpose>> = {
  OBJECT_POLICY: 'access',
  OBJECT_DEFACL: 'access',
  OBJECT_ROLE: 'roles',
  OBJECT_RULE: 'rule',
  OBJECT_DATABASE: 'elsewhere',
  OBJECT_EXTENSION: 'elsewhere',
  OBJECT_EVENT_TRIGGER: 'elsewhere',
  OBJECT_PUBLICATION: 'elsewhere',
  OBJECT_SUBSCRIPTION: 'elsewhere',
  OBJECT_FDW: 'elsewhere',
  OBJECT_FOREIGN_SERVER: 'elsewhere',
  OBJECT_FOREIGN_TABLE: 'elsewhere',
  OBJECT_LANGUAGE: 'elsewhere',
};

const ROW_SECURITY = ['AT_EnableRowSecurity', 'AT_DisableRowSecurity', 'AT_ForceRowSecurity', 'AT_NoForceRowSecurity'];
/** Settings that a migration may make for itself, also where it comes from a dump. */
const KEPT_IN_DUMPS = ['check_function_bodies'];
const OF_ROLES = ['role', 'session_authorization'];

function byDetail(kind: string, node: Node, { managed, platform, isDump }: PurposeContext): Purpose | undefined {
  switch (kind) {
    case 'AlterTableStmt':
      return ofAlterations(node);
    case 'RuleStmt':
      // A dump makes a view by a rule where views read each other.
      return node['event'] === 'CMD_SELECT' ? undefined : 'rule';
    case 'CreatePolicyStmt':
    case 'AlterPolicyStmt':
      return platform.includes(String((node['table'] as Node)['schemaname'])) ? 'platform' : 'access';
    case 'CommentStmt':
      return isForeignPublic(commentedSchema(node), managed) ? 'schema' : BY_OBJECT[String(node['objtype'])];
    case 'RenameStmt':
      return BY_OBJECT[String(node['renameType'])];
    case 'DropStmt':
      // An extension may go as it came.
      return node['removeType'] === 'OBJECT_EXTENSION' ? undefined : BY_OBJECT[String(node['removeType'])];
    case 'CreateExtensionStmt':
      return node['extname'] === 'plpgsql' ? 'elsewhere' : undefined;
    case 'CreateSchemaStmt':
      return (managed.includes(schemaOf(node)) && node['schemaElts'] === undefined) ||
        isForeignPublic(schemaOf(node), managed)
        ? 'schema'
        : undefined;
    case 'VariableSetStmt': {
      const name = String(node['name']);
      return OF_ROLES.includes(name) || (isDump && !KEPT_IN_DUMPS.includes(name)) ? 'session' : undefined;
    }
    case 'SelectStmt':
      return isDump && callsSetConfig(node) ? 'session' : undefined;
    default:
      return undefined;
  }
}

/** Tests if a grant lets declared roles find names in a schema that no declaration manages. */
function opensSearched(node: Node, { managed, searched = [], roles = [] }: PurposeContext): boolean {
  if (node['is_grant'] !== true || node['objtype'] !== 'OBJECT_SCHEMA') return false;
  const schemas = (node['objects'] as { String: { sval: string } }[]).map(({ String: { sval } }) => sval);
  const privileges = (node['privileges'] ?? []) as { AccessPriv: { priv_name?: string } }[];
  const grantees = node['grantees'] as { RoleSpec: { roletype: string; rolename?: string } }[];
  return (
    schemas.some((schema) => searched.includes(schema)) &&
    schemas.every((schema) => searched.includes(schema) || managed.includes(schema)) &&
    privileges.length === 1 &&
    privileges[0]!.AccessPriv.priv_name === 'usage' &&
    grantees.every(
      ({ RoleSpec: { roletype, rolename = '' } }) => roletype === 'ROLESPEC_PUBLIC' || roles.includes(rolename),
    )
  );
}

function ofAlterations(node: Node): Purpose | undefined {
  const commands = (node['cmds'] as { AlterTableCmd: { subtype: string } }[]).map(
    ({ AlterTableCmd: { subtype } }) => subtype,
  );
  if (commands.every((command) => ROW_SECURITY.includes(command))) return 'access';
  return commands.every((command) => command === 'AT_ChangeOwner') ? 'owner' : undefined;
}

/** Tests for the schema `public` of a database that no declaration manages: it exists, and belongs to another role. */
function isForeignPublic(schema: string | undefined, managed: readonly string[]): boolean {
  return schema === 'public' && !managed.includes(schema);
}

function commentedSchema({ objtype, object }: Node): string | undefined {
  return objtype === 'OBJECT_SCHEMA' ? (object as { String?: { sval?: string } }).String?.sval : undefined;
}

function schemaOf({ schemaname, authrole }: Node): string {
  // A schema without a name has that of its owner.
  return (schemaname ?? (authrole as { rolename?: string } | undefined)?.rolename ?? '') as string;
}

function callsSetConfig(node: Node): boolean {
  const [only, ...others] = (node['targetList'] ?? []) as { ResTarget: { val?: { FuncCall?: Node } } }[];
  const names = (only?.ResTarget.val?.FuncCall?.['funcname'] ?? []) as { String: { sval: string } }[];
  return others.length === 0 && names.at(-1)?.String.sval === 'set_config';
}

/** Tests if a statement is about an object in a schema of the platform: its first name says so. */
function isOfPlatform(kind: string, node: Node, { platform }: PurposeContext): boolean {
  if (platform.length === 0) return false;
  if (kind === 'CreateSchemaStmt') return platform.includes(schemaOf(node));
  if (kind === 'CreateExtensionStmt') return false;
  const relation = node['relation'] ?? node['view'] ?? (node['into'] as Node | undefined)?.['rel'];
  const schema = (relation as { schemaname?: string } | undefined)?.schemaname;
  if (schema !== undefined) return platform.includes(schema);
  const names = (node['funcname'] ?? node['typeName'] ?? node['defnames']) as
    { String?: { sval: string } }[] | undefined;
  return Array.isArray(names) && names.length > 1 && platform.includes(names[0]?.String?.sval ?? '');
}
