import type { DatabaseTypes, Oid, Relation } from './database-types.ts';

/** A way from one relation to another that PostgREST embeds by. */
export interface Relationship {
  readonly foreignKeyName: string;
  readonly columns: readonly string[];
  readonly isOneToOne: boolean;
  readonly referencedRelation: string;
  readonly referencedColumns: readonly string[];
}

/** Relationships of each relation within its schema: by its foreign keys, or by those of the columns that a view shows. */
export function relationshipsOf({ relations, foreignKeys }: DatabaseTypes): ReadonlyMap<Oid, readonly Relationship[]> {
  const byOid = new Map(relations.map((relation) => [relation.oid, relation]));
  const shown = relations.map((relation) => ({ relation, originals: originalsOf(relation, byOid) }));
  /** Relations that show all of a table's columns, with the names that the columns have there. */
  const showing = (table: Oid, numbers: readonly number[]) =>
    shown.flatMap(({ relation, originals }) => {
      const names = numbers.flatMap((number) => originals.get(`${table}.${number}`) ?? []);
      return names.length === numbers.length ? [{ relation, names }] : [];
    });
  const found = new Map<Oid, Relationship[]>(relations.map(({ oid }) => [oid, []]));
  for (const key of foreignKeys) {
    for (const from of showing(key.relation, key.columns)) {
      for (const to of showing(key.referenced, key.referenced_columns)) {
        if (from.relation.schema !== to.relation.schema) continue;
        found.get(from.relation.oid)!.push({
          foreignKeyName: key.name,
          columns: from.names,
          isOneToOne: key.is_one_to_one,
          referencedRelation: to.relation.name,
          referencedColumns: to.names,
        });
      }
    }
  }
  return found;
}

/** Names of a relation's columns by the column of a table, `oid.number`, that each of them shows. */
function originalsOf(relation: Relation, byOid: ReadonlyMap<Oid, Relation>): Map<string, string> {
  const originals = new Map<string, string>();
  for (const { name, number } of relation.columns ?? []) {
    const original = originalOf(relation, number, byOid);
    if (original !== undefined && !originals.has(original)) originals.set(original, name);
  }
  return originals;
}

function originalOf({ oid, query }: Relation, number: number, byOid: ReadonlyMap<Oid, Relation>): string | undefined {
  if (query === null) return `${oid}.${number}`;
  // Subqueries stand before the columns of the query itself.
  const entry = [
    ...query.matchAll(/:resno (\d+) :resname \S+ :ressortgroupref \d+ :resorigtbl (\d+) :resorigcol (\d+)/g),
  ]
    .filter(([, resno]) => Number(resno) === number)
    .at(-1);
  const [, , table, column] = entry ?? [];
  if (table === undefined || table === '0') return undefined;
  const source = byOid.get(table);
  // A table of a schema that is not exposed has no columns here, but the foreign keys of other tables.
  return source ? originalOf(source, Number(column), byOid) : `${table}.${column}`;
}
