import type { SqlSource } from '../declaration/types.ts';
import type { MigrationStatement } from './read-migrations.ts';
import { inOneMessage } from './run-steps.ts';

type Called = Pick<MigrationStatement, 'kind' | 'node' | 'sql'>;

/** In characters. Postgres keeps all of a call in memory until it ends. */
const MOST = 20_000;

/** Definitions, of which a schema has many. At most a check of a domain is run by one, for a value in it. */
const DEFINITIONS: ReadonlySet<string> = new Set([
  'AlterSeqStmt',
  'CommentStmt',
  'CreateDomainStmt',
  'CreateEnumStmt',
  'CreatePolicyStmt',
  'CreateSeqStmt',
  'CreateTrigStmt',
  'ViewStmt',
]);

export interface CallOptions {
  /** True if a timeout may be set, so that nothing is shared. */
  readonly isTimed: boolean;
}

/** Tests if one of the migrations may set a time limit for statements, itself or by a function that others call. */
export function mentionTimeout(migrations: readonly SqlSource[]): boolean {
  // Dumps turn it off.
  return migrations.some(({ sql }) => /statement_timeout(?! = 0;)/i.test(sql));
}

/**
 * Splits statements of a migration into the texts of calls. Each call is checked first, which takes as long as a small
 * definition. Only definitions share one, and only where that shows nowhere: a call's text is scanned as a whole before it
 * runs, and one timeout counts for it.
 */
export function callsOf(statements: readonly Called[], { isTimed }: CallOptions): string[] {
  const groups: { readonly shared: boolean; readonly statements: Called[]; size: number }[] = [];
  for (const statement of statements) {
    const shared = !isTimed && canShare(statement);
    const size = statement.sql.length;
    const last = groups.at(-1);
    if (shared && last?.shared && last.size + size <= MOST) {
      last.statements.push(statement);
      last.size += size;
    } else {
      groups.push({ shared, statements: [statement], size });
    }
  }
  return groups.map((group) => callOf(...group.statements));
}

/** Joins statements to the text of a call. PL/pgSQL rejects one that ends with SELECT INTO. */
export function callOf(...statements: readonly Called[]): string {
  const last = statements.at(-1);
  const into = last?.kind === 'SelectStmt' && JSON.stringify(last.node).includes('"intoClause"');
  return inOneMessage([...statements.map(({ sql }) => sql), ...(into ? ['SELECT'] : [])]);
}

function canShare({ kind, node, sql }: Called): boolean {
  // Settings decide what it means in a literal.
  if (sql.includes('\\')) return false;
  switch (kind) {
    case 'CreateStmt':
      // Bounds of a partition are evaluated.
      return node['partbound'] === undefined;
    case 'IndexStmt':
      return isPlainIndex(node);
    case 'CreateFunctionStmt':
      // Each call tests that it is still the one that confines.
      return !JSON.stringify(node['funcname']).includes('run_migration');
    case 'GrantStmt':
      return node['targtype'] === 'ACL_TARGET_OBJECT';
    default:
      return DEFINITIONS.has(kind);
  }
}

/** Tests if building an index evaluates no expression. */
function isPlainIndex(node: Called['node']): boolean {
  const parts = (node['indexParams'] ?? []) as readonly { readonly IndexElem?: { readonly name?: string } }[];
  return node['whereClause'] === undefined && parts.every(({ IndexElem }) => IndexElem?.name !== undefined);
}
