import type { Catalog, CatalogFunction } from '../../postgres/catalog/catalog.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';
import { relationObject } from '../finding-object.ts';
import { fix } from '../fix.ts';
import type { CatalogRule } from '../rule.ts';
import { tablesMet } from '../tables-met.ts';

export const recursivePolicy: CatalogRule = {
  id: 'recursive_policy',
  levels: ['warning'],
  subject: 'tables',
  topic: 'failure',
  why:
    "A policy calls a function that reads the policy's own table with the caller's rights. " +
    'Each read calls the function again, until Postgres ends the request.',
  fix: "Use a membership policy, or let the function run with its owner's rights and declare a policy to the owner.",
  check: ({ catalog }) => {
    const reads = readsOf(catalog);
    return catalog.relations.flatMap((table) => {
      const fn = recursion(table, reads);
      if (!fn) return [];
      return {
        object: relationObject(table),
        problem: `has a policy that calls ${fn.signature}, which reads the table with the caller's rights and so calls itself`,
        fix: fix(
          `declare a membership policy instead, or { name: '${fn.schema}.${fn.name}', securityDefiner: true } and a policy to the owner`,
        ),
      };
    });
  },
};

/** A table that the policies of another one read, and the function that does so, if it is not the policy itself. */
interface Read {
  readonly table: QualifiedName;
  /** Roles that the policy binds. */
  readonly roles: readonly string[];
  readonly through?: CatalogFunction;
}

type Reads = ReadonlyMap<string, readonly Read[]>;

/** Reads of the SELECT policies of each table, with the caller's rights. */
function readsOf(catalog: Catalog): Reads {
  const functions = new Map(catalog.functions.map((fn) => [fn.signature, fn]));
  const byFunction = new Map<CatalogFunction, readonly QualifiedName[]>();
  const readBy = (fn: CatalogFunction) => {
    const tables =
      byFunction.get(fn) ??
      tablesMet(fn, catalog, (called) => !called.security_definer)
        .filter(({ command }) => command === 'select')
        .map(({ table }) => table);
    byFunction.set(fn, tables);
    return tables;
  };
  const reads = new Map<string, Read[]>();
  for (const { kind, schema, name, roles, commands, needs, needs_schema, needs_name } of catalog.dependencies) {
    if (kind !== 'relation' || !roles || commands?.includes('select') === false) continue;
    const through = needs === 'function' ? functions.get(needs_name) : undefined;
    const found: readonly Read[] =
      needs === 'relation'
        ? [{ table: { schema: needs_schema, name: needs_name }, roles }]
        : through && !through.security_definer
          ? readBy(through).map((table) => ({ table, roles, through }))
          : [];
    const key = keyOf({ schema, name });
    reads.set(key, [...(reads.get(key) ?? []), ...found]);
  }
  return reads;
}

/**
 * Finds the function through which the policies of a table read it again, for one role. Postgres itself rejects a
 * recursion without a function, which the trial of a deploy reports.
 */
function recursion(start: QualifiedName, reads: Reads): CatalogFunction | undefined {
  const visited = new Set<string>();
  const search = (table: QualifiedName, role: string, through?: CatalogFunction): CatalogFunction | undefined => {
    const visiting = JSON.stringify([keyOf(table), role, through !== undefined]);
    if (visited.has(visiting)) return undefined;
    visited.add(visiting);
    for (const read of reads.get(keyOf(table)) ?? []) {
      if (!read.roles.includes(role)) continue;
      const fn = through ?? read.through;
      if (fn && keyOf(read.table) === keyOf(start)) return fn;
      const found = search(read.table, role, fn);
      if (found) return found;
    }
    return undefined;
  };
  const roles = new Set((reads.get(keyOf(start)) ?? []).flatMap((read) => read.roles));
  for (const role of roles) {
    const found = search(start, role);
    if (found) return found;
  }
  return undefined;
}

function keyOf({ schema, name }: QualifiedName): string {
  return JSON.stringify([schema, name]);
}
