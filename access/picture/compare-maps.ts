import type { AccessMap, CellAccess, MapCell, MappedFunction, MappedRelation } from './access-map.ts';
import { REFUSED } from './table-access.ts';

/** A database's map, in which each cell that is not as declared has the declared access beside it. */
export function compareMaps(reached: AccessMap, declared: AccessMap): AccessMap {
  const relations = merged(reached.relations, declared.relations, nameOf).map(([found, wanted]) =>
    compareRelation(found ?? closed(wanted!), wanted),
  );
  const functions = merged(reached.functions, declared.functions, signatureOf).map(([found, wanted]) =>
    compareFunction(found ?? { ...wanted!, roles: [], grants: [] }, wanted),
  );
  return { ...reached, name: declared.name, isCompared: true, relations, functions };
}

/** Cells and functions that are not as declared. */
export function differences(map: AccessMap): number {
  const cells = map.relations.flatMap((relation) => relation.cells.filter(({ declared }) => declared !== undefined));
  return cells.length + map.functions.filter(({ declaredRoles }) => declaredRoles !== undefined).length;
}

function compareRelation(found: MappedRelation, wanted: MappedRelation | undefined): MappedRelation {
  const cells = found.cells.map((cell): MapCell => {
    const other = wanted?.cells.find(({ role, command }) => role === cell.role && command === cell.command);
    const declared = other ? withoutKey(other) : REFUSED;
    return isSame(cell, declared) ? cell : { ...cell, declared };
  });
  return { ...found, cells };
}

function compareFunction(found: MappedFunction, wanted: MappedFunction | undefined): MappedFunction {
  const declared = wanted?.roles ?? [];
  const isSame = declared.length === found.roles.length && declared.every((role) => found.roles.includes(role));
  return isSame ? found : { ...found, declaredRoles: declared };
}

/** A relation that the database does not have. */
function closed(relation: MappedRelation): MappedRelation {
  const cells = relation.cells.map(({ role, command }) => ({ role, command, ...REFUSED }));
  return { ...relation, notes: ['the database has no such relation'], cells };
}

/** The grantor of a privilege does not count: the rows and columns that are reached do. */
function isSame(left: CellAccess, right: CellAccess): boolean {
  return key(left) === key(right);
}

function key({ reach, columns, policies }: CellAccess): string {
  if (reach === 'refused') return 'refused';
  return JSON.stringify([reach, columns && [...columns].sort(), policies.map(({ sql }) => sql).sort()]);
}

function withoutKey({ reach, words, columns, grants, policies }: MapCell): CellAccess {
  return { reach, words, ...(columns && { columns }), grants, policies };
}

function merged<Item>(
  found: readonly Item[],
  wanted: readonly Item[],
  keyOf: (item: Item) => string,
): [found: Item | undefined, wanted: Item | undefined][] {
  const wantedByKey = new Map(wanted.map((item) => [keyOf(item), item]));
  const known = new Set(found.map(keyOf));
  return [
    ...found.map((item): [Item, Item | undefined] => [item, wantedByKey.get(keyOf(item))]),
    ...wanted.filter((item) => !known.has(keyOf(item))).map((item): [undefined, Item] => [undefined, item]),
  ];
}

function nameOf({ schema, name }: MappedRelation): string {
  return JSON.stringify([schema, name]);
}

function signatureOf({ schema, signature }: MappedFunction): string {
  return JSON.stringify([schema, signature]);
}
