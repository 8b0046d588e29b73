import { effectiveRoles } from '../declaration/roles.ts';
import type { Command, Declaration, QualifiedName } from '../declaration/types.ts';

/** Commands that a role may use on one table or view: with every column, or with the listed ones. */
export interface TableAccess extends QualifiedName {
  readonly columns: Readonly<Partial<Record<Command, 'all' | readonly string[]>>>;
}

/**
 * The tables and views that a role may use, by its own grants and by those that it inherits.
 *
 * @example
 * tableAccess(declaration, 'todos_anon'); // [{ schema: 'api', name: 'todos', columns: { select: ['id', 'title'] } }]
 */
export function tableAccess(declaration: Declaration, role: string): TableAccess[] {
  const roles = effectiveRoles(role, declaration);
  return [...declaration.tables, ...declaration.views].flatMap(({ schema, name, grants }) => {
    const columns: Partial<Record<Command, 'all' | string[]>> = {};
    for (const { command, columns: granted } of grants.filter((grant) => roles.has(grant.role))) {
      const before = columns[command] ?? [];
      columns[command] = before === 'all' || !granted ? 'all' : [...new Set([...before, ...granted])];
    }
    return Object.keys(columns).length === 0 ? [] : [{ schema, name, columns }];
  });
}

/**
 * The parameter `select` of a request that reads all that the role may: without it PostgREST asks for every column, and
 * is refused. Undefined where every column may be read, or none.
 */
export function selectParameter({ columns: { select } }: TableAccess): string | undefined {
  return select === undefined || select === 'all' ? undefined : select.map(quoteColumn).join(',');
}

function quoteColumn(name: string): string {
  return /^\w+$/.test(name) ? name : `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
