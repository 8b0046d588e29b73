import type { ParsedStatement } from '../../postgres/parse-sql.ts';
import { purposeOf } from '../files/purpose.ts';
import { nodesIn } from '../../postgres/expressions/walk.ts';
import { LOGIN, SUPERUSER } from './confined-postgres.ts';

/** How a statement is run that the login may not run. */
export type Privileged = 'elevated' | 'skipped' | 'refused';

/** Kinds of statements that need a superuser and run no code of the user, neither at once nor later with its rights. */
const ELEVATED = [
  'AlterDefaultPrivilegesStmt',
  'AlterRoleStmt',
  'CommentStmt',
  'CreateExtensionStmt',
  'CreateRoleStmt',
  'GrantRoleStmt',
];
/** Names of the role that runs a statement: elevated, that is the superuser. */
const ITSELF = ['ROLESPEC_CURRENT_USER', 'ROLESPEC_CURRENT_ROLE', 'ROLESPEC_SESSION_USER'];
/** Languages that keep to privileges. */
const TRUSTED = ['sql', 'plpgsql'];

/** Tells how a statement runs that needs a superuser. What is skipped decides on no row: it leaves the migrations as well. */
export function runPrivileged(statement: ParsedStatement): Privileged {
  const { kind, node } = statement;
  const text = JSON.stringify(node);
  if ([SUPERUSER, ...ITSELF].some((name) => text.includes(name))) return 'refused';
  if (kind === 'GrantRoleStmt' && grantsLogin(node)) return 'skipped';
  if (ELEVATED.includes(kind)) return 'elevated';
  if (kind === 'CreateFunctionStmt') return isTrusted(node) ? 'elevated' : 'refused';
  if (kind === 'AlterRoleSetStmt' || kind === 'AlterDatabaseSetStmt') return setsCustom(node) ? 'elevated' : 'skipped';
  // Functions of extensions belong to the superuser.
  if (kind === 'GrantStmt') return FUNCTIONS.includes(String(node['objtype'])) ? 'skipped' : 'refused';
  const purpose = purposeOf(statement, { managed: [], platform: [], isDump: false });
  if (purpose === 'owner') return 'elevated';
  return purpose === 'session' || purpose === 'elsewhere' ? 'skipped' : 'refused';
}

const FUNCTIONS = ['OBJECT_FUNCTION', 'OBJECT_PROCEDURE', 'OBJECT_ROUTINE'];

/** The login is a member of every role: none can become a member of the login. */
function grantsLogin(node: ParsedStatement['node']): boolean {
  const granted = (node['granted_roles'] ?? []) as { AccessPriv?: { priv_name?: string } }[];
  return granted.some(({ AccessPriv }) => AccessPriv?.priv_name === LOGIN);
}

/** Tests if a statement changes the role that runs all of them: a dump has it as its own server had it. */
export function changesLogin({ kind, node }: ParsedStatement): boolean {
  return kind === 'AlterRoleStmt' && (node['role'] as { RoleSpec?: Role } & Role).rolename === LOGIN;
}

interface Role {
  readonly rolename?: string;
}

/** A function that is LEAKPROOF needs a superuser, as one in a language does that keeps to no privileges. */
function isTrusted(node: ParsedStatement['node']): boolean {
  const languages = [...nodesIn(node)].flatMap(([, { defname, arg }]) =>
    defname === 'language' ? [(arg as { String?: { sval?: string } }).String?.sval ?? ''] : [],
  );
  return languages.every((language) => TRUSTED.includes(language.toLowerCase()));
}

/** Settings with a dot are those of a program such as PostgREST; those of a language may run code. */
function setsCustom(node: ParsedStatement['node']): boolean {
  const { name = '' } = (node['setstmt'] ?? {}) as { name?: string };
  return name.includes('.') && !name.startsWith('pl');
}
