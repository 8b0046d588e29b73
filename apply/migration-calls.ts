import type { SqlSource } from '../declaration/types.ts';
import type { MigrationStatement } from './read-migrations.ts';
import { inOneMessage } from './run-steps.ts';

type Called = Pick<MigrationStatement, 'kind' | 'node' | 'sql'>;

/** In characters. Postgres keeps all of a call in memory until it ends. */
const MOST = 20_000;

/** Definitions, of which a schema has many, and which run no code of the user. */
const DEFINITIONS: ReadonlySet<string> = new Set([
  'AlterSeqStmt',
  'CommentStmt',
  'CreateDomainStmt',
  'CreateEnumStmt',
  'CreateFunctionStmt',
  'CreatePolicyStmt',
  'CreateSeqStmt',
  'CreateTrigStmt',
  'ViewStmt',
]);

/** Tests if a migration may set a time limit for statements. */
export function mentionsTimeout({ sql }: SqlSource): boolean {
  return /statement_timeout/i.test(sql);
}

/**
 * Splits statements of a migration into the texts of calls. Each call is checked first, which takes as long as a small
 * definition. Only definitions share one, and only where that shows nowhere: a call's text is scanned as a whole before it
 * runs, and one timeout counts for it.
 *
 * @param options.isTimed the migration may set a timeout, so that nothing is shared
 */
export function callsOf(statements: readonly Called[], { isTimed }: { readonly isTimed: boolean }): string[] {
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
