import { bodyNames, mayName, type BodyName, type TableName } from '../postgres/catalog/body-names.ts';
import type { Catalog, CatalogFunction, CatalogRelation } from '../postgres/catalog/catalog.ts';

/** A table whose policies a function meets, and the command that they are for. */
export interface Met {
  readonly table: CatalogRelation;
  readonly command: TableName['command'];
}

/**
 * Finds the tables that a function names, or another one that it calls, as far as `follows` allows. A view stands for the
 * tables that it reads.
 */
export function tablesMet(
  fn: CatalogFunction,
  catalog: Catalog,
  follows: (called: CatalogFunction) => boolean = () => true,
): Met[] {
  const met = new Map<string, Met>();
  const visited = new Set<CatalogFunction>();
  const visit = (visiting: CatalogFunction) => {
    if (visited.has(visiting)) return;
    visited.add(visiting);
    const { calls, tables } = bodyNames(visiting);
    const path = searchPath(visiting);
    const finds = (name: BodyName, object: { readonly schema: string; readonly name: string }) =>
      mayName(name, object) && (name.schema !== undefined || !path || path.includes(object.schema));
    for (const name of tables) {
      for (const relation of catalog.relations.filter((one) => finds(name, one))) meet(relation, name.command);
    }
    for (const called of catalog.functions) {
      if (calls.some((name) => finds(name, called)) && follows(called)) visit(called);
    }
  };
  const meet = (table: CatalogRelation, command: Met['command']) => {
    const key = JSON.stringify([table.schema, table.name, command]);
    if (met.has(key)) return;
    met.set(key, { table, command });
    if (table.kind !== 'v') return;
    for (const { needs_schema: schema, needs_name: name } of catalog.dependencies.filter(
      (one) => one.needs === 'relation' && one.schema === table.schema && one.name === table.name,
    )) {
      const read = catalog.relations.find((one) => one.schema === schema && one.name === name);
      if (read) meet(read, command);
    }
  };
  visit(fn);
  return [...met.values()];
}

export function searchPath({ settings }: Pick<CatalogFunction, 'settings'>): readonly string[] | undefined {
  const setting = settings.find((one) => one.startsWith('search_path='));
  return setting
    ?.slice('search_path='.length)
    .split(',')
    .map((schema) => schema.trim().replace(/^"(.*)"$/, '$1'));
}
