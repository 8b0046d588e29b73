import type { Command } from '../declaration/types.ts';
import type { RequestFunction } from './options.ts';
import { selectParameter, type TableAccess } from '../access/table-access.ts';

/** Parts of PostgREST's Swagger 2.0 description that are read here; other parts stay as they are. */
export interface Spec extends Rest {
  readonly paths: Readonly<Record<string, Operations>>;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
}
interface Rest {
  readonly [name: string]: unknown;
}
type Operations = Readonly<Record<string, Operation>>;
interface Operation extends Rest {
  readonly parameters?: readonly Parameter[];
}
interface Parameter extends Rest {
  readonly $ref?: string;
}
interface Schema extends Rest {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

const COMMANDS: Readonly<Record<string, Command>> = {
  get: 'select',
  post: 'insert',
  patch: 'update',
  delete: 'delete',
};

/** The part of an API that a role may use. */
export interface OwnPart {
  readonly tables: readonly TableAccess[];
  readonly functions: readonly Pick<RequestFunction, 'name' | 'reads'>[];
}

/**
 * Leaves of PostgREST's description what the role may do, sorted by name. PostgREST leaves out tables that the role has no
 * business with, but shows of the others every operation and every column, and of each function both ways to call it.
 */
export function narrowSpec(spec: Spec, { tables, functions }: OwnPart): Spec {
  const paths: Record<string, Operations> = {};
  for (const [path, operations] of sorted(spec.paths)) {
    const table = tables.find(({ name }) => path === `/${name}`);
    if (table !== undefined) paths[path] = narrowOperations(operations, table, spec);
    else if (path === '/') paths[path] = operations;
    // PostgREST knows well who may call a function.
    else if (path.startsWith('/rpc/')) paths[path] = callOperations(operations, path.slice('/rpc/'.length), functions);
  }
  const definitions: Record<string, Schema> = {};
  for (const [name, definition] of sorted(spec.definitions ?? {})) {
    const table = tables.find((one) => one.name === name);
    if (table?.columns.select) definitions[name] = narrowSchema(definition, table.columns.select);
  }
  return { ...spec, paths, definitions };
}

function sorted<T>(values: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** GET for a function that reads: it can be cached and linked to. POST for one that writes: a GET may not. */
function callOperations(operations: Operations, name: string, functions: OwnPart['functions']): Operations {
  const reads = functions.find((fn) => fn.name === name)?.reads;
  if (reads === undefined) return operations;
  const method = reads ? 'get' : 'post';
  return operations[method] === undefined ? operations : { [method]: operations[method] };
}

function narrowOperations(operations: Operations, table: TableAccess, spec: Spec): Operations {
  const narrowed: Record<string, Operation> = {};
  for (const [method, operation] of Object.entries(operations)) {
    const command = COMMANDS[method];
    if (command === undefined || table.columns[command] === undefined) continue;
    const { parameters = [] } = operation;
    narrowed[method] = {
      ...operation,
      parameters: parameters.flatMap((parameter) => narrowParameter(parameter, command, table, spec)),
    };
  }
  return narrowed;
}

function narrowParameter(parameter: Parameter, command: Command, table: TableAccess, spec: Spec): Parameter[] {
  const name = parameter.$ref?.replace('#/parameters/', '');
  const shared = name === undefined ? undefined : spec.parameters?.[name];
  if (name === undefined || shared === undefined) return [parameter];
  const { select = [] } = table.columns;
  if (name === 'select') {
    const all = selectParameter(table);
    if (select.length === 0) return [];
    return all === undefined ? [parameter] : [{ ...shared, default: all }];
  }
  const filter = `rowFilter.${table.name}.`;
  if (name.startsWith(filter)) {
    return select === 'all' || select.includes(name.slice(filter.length)) ? [parameter] : [];
  }
  const definition = spec.definitions?.[table.name];
  if (name === `body.${table.name}` && definition !== undefined) {
    const { required, ...schema } = narrowSchema(definition, table.columns[command] ?? []);
    // A change names only what changes.
    return [{ ...shared, schema: command === 'insert' && required ? { ...schema, required } : schema }];
  }
  return [parameter];
}

function narrowSchema(schema: Schema, columns: 'all' | readonly string[]): Schema {
  if (columns === 'all') return schema;
  const { properties = {}, required = [] } = schema;
  return {
    ...schema,
    properties: Object.fromEntries(Object.entries(properties).filter(([name]) => columns.includes(name))),
    required: required.filter((name) => columns.includes(name)),
  };
}
