import type pg from 'pg';
import { desiredAccess } from '../compile/access.ts';
import type { Session } from './session.ts';
import { statementsOf } from '../postgres/statements.ts';
import { withoutComments } from '../postgres/sql-text.ts';

const statement = statementsOf('apply/reach');

/** An object that decides about access, such as a relation with its policies, triggers and columns, or a function. */
export interface ReachNode {
  readonly key: string;
  readonly kind: 'relation' | 'function' | 'type' | 'operator' | 'cast' | 'schema';
  readonly schema: string;
  readonly name: string;
  /** A function's quoted name with argument types, as SQL. */
  readonly signature: string;
  /** Digest of the definition. Any change of it is a change of access. */
  readonly content: string;
  /** Columns, constraints and labels. Each must stay as it is; new ones may be added. */
  readonly parts: readonly string[];
  /** Keys of the objects that it depends on, as far as Postgres records them. */
  readonly depends_on: readonly string[];
  /** Text of a function's body, if Postgres does not record its dependencies. */
  readonly body: string | null;
  /** Search path of the body's unqualified names; null if it depends on the session. */
  readonly path: readonly string[] | null;
  readonly extension: boolean;
}

export type Reach = ReadonlyMap<string, ReachNode>;

const SYSTEM_SCHEMAS = ['pg_catalog', 'information_schema'];

/** Reads the keys of relations whose rows this transaction has changed, or may have. */
export async function readWritten(client: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ key: string }>(statement('read_written'));
  return rows.map(({ key }) => key);
}

/** Reads the objects that decide about access in a database. */
export async function readReach({ client, declaration }: Session): Promise<Reach> {
  const { rows } = await client.query<ReachNode>(statement('read_reach'), [SYSTEM_SCHEMAS, declaration.owner]);
  const { privateSchema } = declaration;
  const ownNames = new Set(desiredAccess(declaration).functions.map(({ name }) => name));
  // The package's functions name objects of Postgres, of the private schema, or with their schema. Their comments name none.
  const isOurs = ({ kind, schema, name }: ReachNode) =>
    kind === 'function' && schema === privateSchema && ownNames.has(name);
  const ours = (node: ReachNode) => ({
    ...node,
    path: [privateSchema],
    body: node.body && withoutComments(node.body),
  });
  return new Map(rows.map((node) => [node.key, isOurs(node) ? ours(node) : node]));
}

/**
 * Finds nodes that were changed, created or dropped, and all their dependents, direct or not. A relation that only got
 * new columns counts as changed, unless `mayGrow` leaves them to the roles that see the others.
 */
export function affected(
  before: Reach,
  after: Reach,
  mayGrow: (node: ReachNode) => boolean,
): ReadonlyMap<string, ReachNode> {
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    return !was || !is || !isSame(was, is, mayGrow);
  });
  const found = new Map(changed.map((key) => [key, (after.get(key) ?? before.get(key))!]));
  if (changed.length === 0) return found;
  const queue = changed
    // An extension's objects have types or names of their own: no earlier object calls them.
    .filter((key) => before.has(key) || !after.get(key)!.extension)
    // A body that calls a dropped object may find another one of that name.
    .flatMap((key) => [before.get(key), after.get(key)])
    .filter((node) => node !== undefined);
  return withDependents(after, queue, found);
}

/** Finds these nodes and all their dependents, direct or not. */
export function withDependents(
  reach: Reach,
  nodes: readonly ReachNode[],
  found = new Map(nodes.map((node) => [node.key, node])),
): ReadonlyMap<string, ReachNode> {
  const queue = [...nodes];
  const dependents = reversed(reach);
  const bodies = [...reach.values()].filter(({ body }) => body !== null);
  for (let node = queue.pop(); node; node = queue.pop()) {
    const cause = node;
    const next = [
      ...(dependents.get(cause.key) ?? []),
      ...bodies.filter((fn) => !found.has(fn.key) && names(fn, cause)),
    ];
    for (const dependent of next) {
      if (found.has(dependent.key)) continue;
      found.set(dependent.key, dependent);
      queue.push(dependent);
    }
  }
  return found;
}

function isSame(was: ReachNode, is: ReachNode, mayGrow: (node: ReachNode) => boolean): boolean {
  if (was.content !== is.content || was.parts.some((part) => !is.parts.includes(part))) return false;
  const grown = is.parts.some((part) => part.startsWith('column ') && !was.parts.includes(part));
  return !grown || mayGrow(is);
}

function reversed(reach: Reach): Map<string, ReachNode[]> {
  const dependents = new Map<string, ReachNode[]>();
  for (const node of reach.values()) {
    for (const key of node.depends_on) dependents.set(key, [...(dependents.get(key) ?? []), node]);
  }
  return dependents;
}

/** Dynamic SQL, other languages, and names that are written as code points: each may name any object. */
const MAY_NAME_ANYTHING =
  /\bexecute\b|\bu&"|_to_xml|\bts_(stat|rewrite)\b|\bdblink|\bcrosstab|\bconnectby|\bxpath_table/i;

/** Tests if the text of a function's body may name an object. It finds too many rather than too few. */
function names({ body, path }: ReachNode, { kind, schema, name }: ReachNode): boolean {
  // No text names a schema's grants, and no text shows where a value is cast.
  if (kind === 'schema') return false;
  if (kind === 'cast' || MAY_NAME_ANYTHING.test(body!)) return true;
  const withSchema = new RegExp(`"?${literally(schema)}"?\\s*\\.`, 'i').test(body!);
  if (path !== null && !path.includes('$user') && !path.includes(schema) && !withSchema) return false;
  if (kind === 'operator') return body!.includes(name);
  return new RegExp(`(?<![\\w$])"?${literally(name)}(?![\\w$])`, 'i').test(body!);
}

function literally(name: string): string {
  return name.replaceAll('"', '""').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
