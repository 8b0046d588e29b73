import type { ParsedStatement } from '../../postgres/parse-sql.ts';
import { purposeOf } from '../files/purpose.ts';
import { nodesIn } from '../files/walk.ts';
import { LOGIN, SUPERUSER } from './confined-postgres.ts';

/** How a statement is run that the login may not run. */
export type Privileged = 'elevated' | 'skipped' | 'refused';

/** Kinds of statements that need a superuser and run no code of the user, neither at once nor later with its rights. */
const ELEVATED = [
  'AlterDefaultPrivilegesStmt',
  'AlterOwnerStmt',
  'AlterRoleStmt',
  'CommentStmt',
  'CreateExtensionStmt',
  'CreateRoleStmt',
  'GrantRoleStmt',
];
/** Languages that keep to privileges. */
const TRUSTED = ['sql', 'plpgsql'];

/** Tells how a statement runs that needs a superuser. */
export function runPrivileged(statement: ParsedStatement): Privileged {
  const { kind, node } = statement;
  if (JSON.stringify(node).includes(SUPERUSER)) return 'refused';
  if (ELEVATED.includes(kind)) return 'elevated';
  if (kind === 'CreateFunctionStmt' ? isTrusted(node) : kind.endsWith('SetStmt') && setsCustom(node)) return 'elevated';
  const purpose = purposeOf(statement, { managed: [], platform: [], isDump: false });
  // It leaves the migrations, too.
  return purpose === undefined ? 'refused' : 'skipped';
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
