import { matches } from '../../../compile/same-function.ts';
import { visible } from '../../../errors/visible.ts';
import type { Declaration } from '../../../declaration/types.ts';
import type { Catalog } from '../../../postgres/catalog/catalog.ts';

/** Describes what the exposed schemas hold and no role may use, each with the reason. */
export function closedLines(
  { schemas, tables, views, functions }: Declaration,
  catalog: Pick<Catalog, 'relations' | 'functions'>,
): string[] {
  const relations = catalog.relations
    .filter(({ schema, kind, extension }) => schemas.includes(schema) && kind !== 'S' && !extension)
    .flatMap(({ schema, name, kind }) => {
      const found = [...tables, ...views].find((declared) => declared.schema === schema && declared.name === name);
      const part = kind === 'v' || kind === 'm' ? 'views' : 'tables';
      if (found === undefined) return [`closed: ${schema}.${name} is not declared; add it to \`${part}\` to open it`];
      return found.grants.length === 0 ? [`closed: ${schema}.${name} is declared without grants`] : [];
    });
  const callable = catalog.functions
    .filter(({ schema, extension, definition }) => schemas.includes(schema) && !extension && !isTrigger(definition))
    .filter((found) => !functions.some((declared) => matches(declared, found)))
    .map(({ signature }) => `closed: ${signature} is not declared; add it to \`functions\` to let a role call it`);
  return [...relations, ...callable].map(visible);
}

/** A trigger's function is no RPC. */
function isTrigger(definition: string): boolean {
  return /^ RETURNS (event_)?trigger$/m.test(definition);
}
