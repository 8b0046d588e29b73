import type { Api } from './bare-api.ts';

/** A column that requests name. */
export interface Column {
  readonly name: string;
  /** pg_type.typname */
  readonly type: string;
  /** True if Postgres gives the value. */
  readonly generated: boolean;
  /** True if it is part of the primary key. */
  readonly key: boolean;
}

/** A table or view that requests name, with some of its rows. */
export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly isTable: boolean;
  readonly columns: readonly Column[];
  /** Foreign keys that lead from it or to it, by which PostgREST embeds. */
  readonly embedded: readonly { readonly constraint: string; readonly other: string }[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** A function that requests call. */
export interface Routine {
  readonly schema: string;
  readonly name: string;
  readonly signature: string;
  readonly arguments: readonly { readonly name: string; readonly type: string; readonly optional: boolean }[];
  /** True if GET may call it. */
  readonly readOnly: boolean;
}

export interface Catalog {
  readonly relations: readonly Relation[];
  readonly routines: readonly Routine[];
}

const RELATIONS = `
SELECT n.nspname AS schema, c.relname AS name, c.relkind IN ('r', 'p') AS "isTable",
  (SELECT json_agg(json_build_object('name', a.attname, 'type', t.typname, 'generated', a.attgenerated <> '' OR a.attidentity = 'a',
      'key', EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey::int2[])))
      ORDER BY a.attnum)
    FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  coalesce((SELECT json_agg(json_build_object('constraint', f.conname, 'other', o.relname) ORDER BY f.conname, o.relname)
    FROM pg_constraint AS f JOIN pg_class AS o ON o.oid IN (f.conrelid, f.confrelid) AND (o.oid <> c.oid OR f.conrelid = f.confrelid)
    WHERE f.contype = 'f' AND c.oid IN (f.conrelid, f.confrelid) AND f.conparentid = 0 AND o.relnamespace = c.relnamespace), '[]') AS embedded
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnatts > 0 AND NOT EXISTS (
  SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY array_position($1, n.nspname), c.relname`;

const ROUTINES = `
SELECT n.nspname AS schema, p.proname AS name, p.oid::regprocedure::text AS signature, p.provolatile <> 'v' AS "readOnly",
  coalesce((SELECT json_agg(json_build_object('name', coalesce(p.proargnames[a.position], ''), 'type', t.typname,
      'optional', a.position > p.pronargs - p.pronargdefaults) ORDER BY a.position)
    FROM unnest(p.proargtypes) WITH ORDINALITY AS a(type, position) JOIN pg_type AS t ON t.oid = a.type), '[]') AS arguments
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = ANY ($1) AND p.prokind = 'f' AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND NOT EXISTS (
  SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY array_position($1, n.nspname), p.proname, signature`;

/** Everything that requests to the exposed schemas can name. */
export async function readCatalog(api: Api, schemas: readonly string[]): Promise<Catalog> {
  const relations = await api.query<Omit<Relation, 'rows'>>(RELATIONS, [schemas]);
  return {
    relations: await Promise.all(relations.map(async (one) => ({ ...one, rows: await rowsOf(api, one) }))),
    routines: await api.query<Routine>(ROUTINES, [schemas]),
  };
}

/** Rows of a table as PostgREST shows them; a view may fail for reasons of its own. */
async function rowsOf(api: Api, { schema, name }: Omit<Relation, 'rows'>): Promise<Relation['rows']> {
  const table = [schema, name].map((part) => `"${part.replaceAll('"', '""')}"`).join('.');
  const sql = `SELECT to_jsonb(t) AS row FROM ${table} AS t ORDER BY to_jsonb(t)::text LIMIT 8`;
  return (await api.query<{ row: Record<string, unknown> }>(sql).catch(() => [])).map(({ row }) => row);
}
