import { apiRoles, effectiveRoles } from '../../../declaration/roles.ts';
import type { Command, Declaration, Table, View } from '../../../declaration/types.ts';
import { tableAccess, type TableAccess } from '../../table-access.ts';
import type { AnsweredRequest } from './answered-request.ts';
import { explainPolicies } from './explain-policies.ts';
import { readTarget, type RequestTarget } from '../request/request-target.ts';

const COMMANDS: Readonly<Record<string, readonly Command[]>> = {
  GET: ['select'],
  HEAD: ['select'],
  POST: ['insert'],
  PATCH: ['update'],
  PUT: ['insert', 'update'],
  DELETE: ['delete'],
};

/**
 * Explains a rejected request by the declaration: the grant or the policy that the role lacks.
 *
 * @param message of Postgres. @default it is not known
 * @returns sentences; none where the declaration does not explain it
 */
export function explainRefusal(declaration: Declaration, request: AnsweredRequest, message = ''): string[] {
  const { role, method } = request;
  if (role === undefined) {
    const missing = declaration.anonymous ? '' : ', or the request has none and no anonymous role is declared';
    return [`PostgREST rejected the token${missing}; its answer says why`];
  }
  if (message.startsWith('the token is not valid here')) return [];
  if (!apiRoles(declaration).some(({ name }) => name === role)) return [`${role} is not a declared role`];
  const target = readTarget(request.target);
  const [, kind, name = target.name] =
    /^permission denied for (table|view|materialized view|function|schema|sequence) (.+)$/.exec(message) ?? [];
  if (kind === 'schema') return [`schema ${name} is not exposed to ${role}`];
  if (kind === 'sequence') return [];
  const isFunction = kind === undefined ? target.isFunction : kind === 'function';
  if (isFunction) return explainFunction(declaration, role, name);
  const [, protectedTable] = /row-level security policy(?: "[^"]*")? for table "(.*?)"/.exec(message) ?? [];
  const relation = relationOf(declaration, protectedTable ?? name);
  const commands = target.isFunction ? [] : (COMMANDS[method] ?? []);
  if (protectedTable !== undefined) {
    return relation && 'policies' in relation ? [explainPolicies(relation, declaration, role, commands)] : [];
  }
  if (relation === undefined) return name === '' ? [] : [`${name} is not declared, so no role may use it`];
  const other = name !== target.name ? 'the request needs it too: ' : '';
  const needed = other === '' ? commands : (['select'] as const);
  return explainGrants(declaration, role, relation, needed, other === '' ? target : undefined).map(
    (sentence) => other + sentence,
  );
}

/** PostgREST's log names no schema: exposed ones come first. */
function relationOf({ schemas, tables, views }: Declaration, name: string): Table | View | undefined {
  const all = [...tables, ...views].filter((relation) => relation.name === name);
  return all.find(({ schema }) => schemas.includes(schema)) ?? all[0];
}

function explainFunction({ functions, ...declaration }: Declaration, role: string, name: string): string[] {
  const declared = functions.filter((fn) => fn.name === name);
  if (declared.length === 0) return [`function ${name} is not declared, so no role may call it`];
  const roles = effectiveRoles(role, declaration);
  if (declared.some(({ execute }) => execute.some((granted) => roles.has(granted)))) return [];
  const callers = [...new Set(declared.flatMap(({ execute }) => execute))].join(', ');
  return [`${role} may not call ${name}; declared for ${callers || 'no role'}`];
}

function explainGrants(
  declaration: Declaration,
  role: string,
  relation: Table | View,
  commands: readonly Command[],
  target: RequestTarget | undefined,
): string[] {
  const place = `${relation.schema}.${relation.name}`;
  const access = tableAccess(declaration, role).find(
    ({ schema, name }) => schema === relation.schema && name === relation.name,
  );
  const granted = access?.columns ?? {};
  const missing = commands.filter((command) => granted[command] === undefined);
  if (missing.length > 0) return [`${role} has no grant to ${missing.join(' or ')} ${place}`];
  if (target === undefined) return [];
  const read = explainReadColumns(role, place, granted, commands, target);
  return read.length > 0 ? read : explainWrittenColumns(role, place, granted, commands);
}

/** Names the columns that the role may write and read back. The log has neither the body nor `Prefer` of a request. */
function explainWrittenColumns(
  role: string,
  place: string,
  granted: TableAccess['columns'],
  commands: readonly Command[],
): string[] {
  const writes = commands.filter((command) => command !== 'select');
  if (writes.length === 0) return [];
  const limits = [...writes, 'select' as const].flatMap((command) => {
    const columns = granted[command] ?? [];
    if (command === 'delete' || columns === 'all') return [];
    return [columns.length === 0 ? `${command} no column` : `${command} only ${columns.join(', ')}`];
  });
  if (limits.length === 0) return [];
  return [`${role} may ${limits.join(' and ')} of ${place}; what the request sends and asks back is not in the log`];
}

function explainReadColumns(
  role: string,
  place: string,
  { select }: TableAccess['columns'],
  commands: readonly Command[],
  { selected, filtered }: RequestTarget,
): string[] {
  if (select === 'all') return [];
  const reads = commands.includes('select');
  if (select === undefined) {
    return filtered.length > 0 && !reads
      ? [`${role} has no grant to select ${place}, which it filters by ${filtered.join(', ')}`]
      : [];
  }
  const mayRead = `${role} may select only ${select.join(', ')} of ${place}`;
  if (reads && selected === undefined) return [`${mayRead}, and a request without \`select\` asks for every column`];
  const lacking = [...new Set([...(selected ?? []), ...filtered])].filter((column) => !select.includes(column));
  return lacking.length === 0 ? [] : [`${mayRead}, not ${lacking.join(', ')}`];
}
