import type { Command } from '../declaration/types.ts';
import { selectParameter, type TableAccess } from './table-access.ts';

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

/**
 * Leaves of PostgREST's description what the role may do. PostgREST leaves out tables that the role has no business
 * with, but shows of the others every operation and every column.
 */
export function narrowSpec(spec: Spec, access: readonly TableAccess[]): Spec {
  const paths: Record<string, Operations> = {};
  for (const [path, operations] of Object.entries(spec.paths)) {
    const table = access.find(({ name }) => path === `/${name}`);
    if (table !== undefined) paths[path] = narrowOperations(operations, table, spec);
    // PostgREST knows well who may call a function.
    else if (path === '/' || path.startsWith('/rpc/')) paths[path] = operations;
  }
  const definitions: Record<string, Schema> = {};
  for (const { name, columns } of access) {
    const definition = spec.definitions?.[name];
    if (definition && columns.select) definitions[name] = narrowSchema(definition, columns.select);
  }
  return { ...spec, paths, definitions };
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
