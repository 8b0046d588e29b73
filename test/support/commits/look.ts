import pg from 'pg';
import type { LocalConnection } from '../../../testing/servers/postgres-server.ts';
import { newClient } from '../../../postgres/with-client.ts';
import { IDENTITIES, NAME } from './tenants.ts';

/**
 * Asks as the current role, and takes back what it does: every relation and function of the API, with the columns that are
 * granted; which rows can be changed and deleted; which can be inserted. `#` texts are cells; ids are unique.
 */
const LOOK = `
CREATE FUNCTION pg_temp.look(sub text) RETURNS text[] LANGUAGE plpgsql AS $function$
DECLARE
  found text[] := '{}';
  more text[];
  met int;
  r record;
BEGIN
  BEGIN
    PERFORM ${NAME}_private.pre_request();
  EXCEPTION WHEN OTHERS THEN
    RETURN '{}';
  END;
  FOR r IN
    SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relname,
      (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute AS a WHERE a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped
        AND has_column_privilege(current_user, c.oid, attnum, 'SELECT')) AS columns,
      (SELECT quote_ident(min(attname::text)) FROM pg_attribute AS a WHERE a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped
        AND has_column_privilege(current_user, c.oid, attnum, 'UPDATE')) AS writable,
      has_table_privilege(current_user, c.oid, 'DELETE') AS deletable
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE nspname IN ('api', 'hidden', 'other') AND relkind IN ('r', 'p', 'v', 'm')
  LOOP
    BEGIN
      EXECUTE format($q$SELECT array_agg(DISTINCT cell) FROM (
        SELECT CASE k WHEN 'id' THEN 'sees ' || v ELSE concat('sees ', to_jsonb(x) ->> 'id', ' ', v) END AS cell
        FROM (SELECT %s FROM %s) AS x, jsonb_each_text(to_jsonb(x)) AS e(k, v) WHERE k = 'id' OR v LIKE '#%%') AS cells$q$, r.columns, r.name) INTO more;
      found := found || more;
    EXCEPTION WHEN OTHERS THEN
    END;
    CONTINUE WHEN r.writable IS NULL AND NOT r.deletable;
    BEGIN
      more := '{}';
      IF r.writable IS NOT NULL THEN
        EXECUTE format('WITH w AS (UPDATE %s SET %s = %2$s RETURNING id) SELECT array_agg(''updates '' || id) FROM w', r.name, r.writable) INTO more;
      END IF;
      RAISE SQLSTATE 'UNDO0';
    EXCEPTION WHEN SQLSTATE 'UNDO0' THEN found := found || more;
      WHEN OTHERS THEN
    END;
    BEGIN
      more := '{}';
      EXECUTE format('WITH w AS (DELETE FROM %s RETURNING id) SELECT array_agg(''deletes '' || id) FROM w', r.name) INTO more;
      IF r.relname LIKE 'staff%' AND more IS NOT NULL THEN
        BEGIN
          PERFORM ${NAME}_private.pre_request();
          more := more || ARRAY['not revoked ' || sub];
        EXCEPTION WHEN OTHERS THEN
        END;
      END IF;
      RAISE SQLSTATE 'UNDO0';
    EXCEPTION WHEN SQLSTATE 'UNDO0' THEN found := found || more;
      WHEN OTHERS THEN
    END;
  END LOOP;
  FOR r IN SELECT p.proname::text AS name FROM pg_proc AS p
    WHERE p.pronamespace = 'api'::regnamespace AND pronargs = 0 AND prokind = 'f' AND prorettype <> 'trigger'::regtype
  LOOP
    BEGIN
      EXECUTE format('SELECT array_agg(''sees '' || v) FROM (SELECT to_jsonb(x) #>> ''{}'' AS v FROM api.%I() AS x) AS y WHERE v LIKE ''#%%''', r.name) INTO more;
      found := found || more;
    EXCEPTION WHEN OTHERS THEN
    END;
  END LOOP;
  FOR r IN SELECT * FROM (VALUES ('items', 'id, tenant, title', '901, 1, ''mine'''), ('items', 'id, tenant, title', '902, 2, ''mine'''),
    ('posts', 'id, published, body', '903, true, ''mine''')) AS tries(name, columns, content)
  LOOP
    BEGIN
      more := '{}';
      EXECUTE format('INSERT INTO api.%I (%s) VALUES (%s)', r.name, r.columns, r.content);
      more := ARRAY['inserts ' || r.content];
      BEGIN
        EXECUTE format('SELECT $1 || array_agg(''sees '' || v) FROM api.%I AS x, jsonb_each_text(to_jsonb(x)) AS e(k, v) WHERE v LIKE ''#%%''', r.name) INTO more USING more;
      EXCEPTION WHEN OTHERS THEN
      END;
      RAISE SQLSTATE 'UNDO0';
    EXCEPTION WHEN SQLSTATE 'UNDO0' THEN found := found || more;
      WHEN OTHERS THEN
    END;
  END LOOP;
  RETURN ARRAY(SELECT DISTINCT entry FROM unnest(found) AS entry WHERE entry IS NOT NULL ORDER BY 1);
END
$function$`;

/** What each identity reaches, as `tenant 1 sees 10 #item 10`. */
export type Sight = ReadonlySet<string>;

export class Onlooker {
  private readonly client: pg.Client;

  private constructor(client: pg.Client) {
    this.client = client;
  }

  static async of(connection: LocalConnection): Promise<Onlooker> {
    const client = newClient(connection);
    await client.connect();
    onlookers.add(client);
    await client.query(LOOK);
    return new Onlooker(client);
  }

  async look(): Promise<Sight> {
    const sight = new Set<string>();
    for (const { name, role, claims } of IDENTITIES) {
      const sub = 'sub' in claims ? claims.sub : '';
      const setting = pg.escapeLiteral(JSON.stringify(claims));
      const results = (await this.client.query(
        `BEGIN; SET LOCAL ROLE ${role}; SELECT set_config('request.jwt.claims', ${setting}, true), set_config('search_path', 'api', true);
         SELECT pg_temp.look('${sub}') AS found; ROLLBACK`,
      )) as unknown as pg.QueryResult<{ found?: string[] }>[];
      for (const entry of results[3]!.rows[0]!.found!) sight.add(`${name} ${entry}`);
    }
    return sight;
  }

  /** Runs SQL as the superuser. */
  async sql<Found>(text: string): Promise<Found[]> {
    return (await this.client.query(text)).rows as Found[];
  }

  end(): Promise<void> {
    return this.client.end();
  }
}

/** Sessions that are no runner's. */
export const onlookers = new WeakSet<pg.Client>();
