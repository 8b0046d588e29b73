import { mayCall } from '../../compile/may-call.ts';
import { matches } from '../../compile/same-function.ts';
import { apiRoles, effectiveRoles } from '../../declaration/roles.ts';
import type { Command, Declaration } from '../../declaration/types.ts';
import { bodyNames, mayName } from '../../postgres/catalog/body-names.ts';
import type { CatalogDependency, CatalogFunction } from '../../postgres/catalog/catalog.ts';
import type { ComparedCatalog } from '../../postgres/catalog/read-catalog.ts';

/** A function or a sequence that a granted command or function runs, and the role that runs it. */
export interface Need {
  readonly role: string;
  readonly kind: 'function' | 'sequence';
  /** Empty for a function, whose name is SQL. */
  readonly schema: string;
  readonly name: string;
  /** Command or object that needs it, such as `insert on api.items`. */
  readonly reason: string;
  /** True for a cast that PostgREST looks for with its login role. */
  readonly representation: boolean;
  /** False if the declaration has to decide. */
  readonly isGrantable: boolean;
  /** False if only some statements need it: with a filter or a cast, or if a text means it by a name. */
  readonly isCertain: boolean;
}

/** A statement of a role, as far as its dependencies differ by it. */
interface Use {
  readonly command?: Command;
  /** Columns that it may name; all if undefined. */
  readonly columns?: readonly string[] | undefined;
  /** False if the statement may do without. */
  readonly isCertain: boolean;
}

type Target = Pick<CatalogDependency, 'needs' | 'needs_schema' | 'needs_name' | 'representation' | 'certain'>;
type Edge = Target & Partial<CatalogDependency>;

/**
 * Finds what the declared grants need beside the relations that they name: functions of defaults, checks, domains,
 * indexes, policies and views, operators and casts of column types, and sequences. A role has the needs of those that it
 * inherits, and they are not repeated.
 */
export function neededPrivileges(declaration: Declaration, catalog: ComparedCatalog): Need[] {
  const graph = readGraph(declaration, catalog);
  const needs = apiRoles(declaration).flatMap(({ name }) => needsOf(name, declaration, graph));
  const has = new Set(needs.map(keyOfNeed));
  const isInherited = (need: Need) =>
    [...effectiveRoles(need.role, declaration)].some(
      (role) => role !== need.role && has.has(keyOfNeed({ ...need, role })),
    );
  return needs.filter((need) => !isInherited(need));
}

interface Graph {
  readonly edges: ReadonlyMap<string, readonly Edge[]>;
  readonly functions: ReadonlyMap<string, CatalogFunction>;
}

function needsOf(role: string, declaration: Declaration, { edges, functions }: Graph): Need[] {
  const roles = effectiveRoles(role, declaration);
  const found = new Map<string, Need>();
  const visited = new Set<string>();
  const visit = (node: string, use: Use, reason: string) => {
    const visiting = JSON.stringify([node, use]);
    if (visited.has(visiting)) return;
    visited.add(visiting);
    for (const edge of edges.get(node) ?? []) {
      if (!isMet(edge, use, roles)) continue;
      const { needs, needs_schema: schema, needs_name: name, representation } = edge;
      const fn = functions.get(name);
      const isCertain = use.isCertain && edge.certain;
      // The call fails, like in any Postgres. So does an update that asks for a default which it need not ask for.
      if (fn && (isCall(edge) || edge.column) && isKeptFrom(role, fn, declaration)) continue;
      if (needs === 'function' || needs === 'sequence') {
        const need = {
          ...{ role, kind: needs, schema, name, reason, representation, isCertain },
          isGrantable: needs === 'sequence' || (fn !== undefined && mayGrant(role, fn, declaration)),
        };
        found.set(keyOfNeed(need), merged(need, found.get(keyOfNeed(need))));
      }
      if (needs === 'type') visit(keyOf('type', '', name), { ...use, isCertain }, reason);
      // A function with its owner's rights needs what its owner has.
      if ((needs === 'function' || needs === 'trigger') && !fn?.security_definer) {
        visit(keyOf('function', '', name), { isCertain }, reason);
      }
    }
  };
  for (const { schema, name, grants } of [...declaration.tables, ...declaration.views]) {
    for (const { command, columns } of grants.filter((grant) => roles.has(grant.role))) {
      visit(keyOf('relation', schema, name), { command, columns, isCertain: true }, `${command} on ${schema}.${name}`);
    }
  }
  for (const fn of functions.values()) {
    const isCalled = declaration.functions.some((one) => matches(one, fn) && mayCall(role, one, declaration));
    if (!isCalled || fn.security_definer) continue;
    visit(keyOf('function', '', fn.signature), { isCertain: true }, `a call of ${fn.signature}`);
  }
  return [...found.values()];
}

/** Joins what two ways to the same object say of it. */
function merged(need: Need, known: Need | undefined): Need {
  if (!known) return need;
  const { reason } = known.isCertain ? known : need;
  return {
    ...known,
    reason,
    representation: known.representation || need.representation,
    isCertain: known.isCertain || need.isCertain,
  };
}

/** Tests if a statement of roles meets a dependency. */
function isMet({ commands, roles: bound, column }: Edge, use: Use, roles: ReadonlySet<string>): boolean {
  if (commands && use.command && !commands.includes(use.command)) return false;
  if (bound && !bound.some((role) => roles.has(role))) return false;
  return !column || !use.columns || use.columns.includes(column);
}

/**
 * Tests if a deploy may grant EXECUTE for a need. The declaration decides about functions with their owner's rights, and
 * about those with the name of a declared one that the role, or a role that inherits from it, may call: they would become
 * an RPC with it.
 */
function mayGrant(role: string, fn: CatalogFunction, declaration: Declaration): boolean {
  if (fn.security_definer && !isAcceptedDefiner(fn, declaration)) return false;
  if (!declaration.schemas.includes(fn.schema)) return true;
  const namesakes = declaration.functions.filter(
    (one) => declaration.schemas.includes(one.schema) && one.name === fn.name,
  );
  if (namesakes.length === 0) return true;
  const holders = apiRoles(declaration).filter(({ name }) => effectiveRoles(name, declaration).has(role));
  return holders.every(({ name }) => {
    const callable = namesakes.filter((one) => mayCall(name, one, declaration));
    return callable.length === 0 || callable.some((one) => matches(one, fn));
  });
}

function isAcceptedDefiner(fn: CatalogFunction, { functions }: Declaration): boolean {
  return functions.some((one) => one.securityDefiner && matches(one, fn));
}

/** Tests if a function, and no policy or default, is what needs another one. */
function isCall({ kind }: Edge): boolean {
  return kind === undefined || kind === 'function';
}

/** Tests if a function with its owner's rights is declared for other roles: those of `execute` alone may have it called. */
function isKeptFrom(role: string, fn: CatalogFunction, declaration: Declaration): boolean {
  const declared = declaration.functions.filter((one) => one.securityDefiner && matches(one, fn));
  return declared.length > 0 && !declared.some((one) => one.execute.length === 0 || mayCall(role, one, declaration));
}

function readGraph(declaration: Declaration, catalog: ComparedCatalog): Graph {
  const edges = new Map<string, Edge[]>();
  const add = (node: string, edge: Edge) => {
    const known = edges.get(node);
    if (known) known.push(edge);
    else edges.set(node, [edge]);
  };
  for (const edge of catalog.dependencies) add(keyOf(edge.kind, edge.schema, edge.name), edge);
  // A text may mean something else by a name: it brings no function with its owner's rights.
  const callable = catalog.functions.filter((fn) => !fn.security_definer || isAcceptedDefiner(fn, declaration));
  const sequences = catalog.relations.filter(({ kind }) => kind === 'S');
  const byName = groupedByName(callable);
  // Postgres records the dependencies of a body that it has parsed.
  for (const fn of catalog.functions.filter(({ body_is_text }) => body_is_text)) {
    const names = bodyNames(fn);
    const node = keyOf('function', '', fn.signature);
    for (const name of names.calls) {
      for (const called of byName.get(name.name) ?? []) {
        if (mayName(name, called)) add(node, target('function', '', called.signature));
      }
    }
    for (const sequence of sequences) {
      if (names.sequences.some((name) => mayName(name, sequence))) {
        add(node, target('sequence', sequence.schema, sequence.name));
      }
    }
  }
  return { edges, functions: new Map(catalog.functions.map((fn) => [fn.signature, fn])) };
}

function groupedByName(functions: readonly CatalogFunction[]): ReadonlyMap<string, readonly CatalogFunction[]> {
  const groups = new Map<string, CatalogFunction[]>();
  for (const fn of functions) groups.set(fn.name, [...(groups.get(fn.name) ?? []), fn]);
  return groups;
}

function target(needs: Target['needs'], needs_schema: string, needs_name: string): Target {
  return { needs, needs_schema, needs_name, representation: false, certain: false };
}

function keyOf(kind: CatalogDependency['kind'], schema: string, name: string): string {
  return JSON.stringify([kind, schema, name]);
}

function keyOfNeed({ role, kind, schema, name }: Need): string {
  return JSON.stringify([role, kind, schema, name]);
}
