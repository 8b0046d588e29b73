import { auditAnywhere } from '../../audit/anywhere/audit-database.ts';
import { withClient } from '../../postgres/with-client.ts';
import { startPostgres } from '../../testing/servers/postgres-server.ts';
import type { Figures } from '../report.ts';
import { summarize } from '../statistics.ts';
import type { Linter } from './linter.ts';

const TABLES = 5000;
/** On two cores. */
export const LONGEST_MS = 10_000;
const SIZE = `${TABLES} tables, ${4 * TABLES} policies`;
export const TIME_OF_OURS = `secured-postgrest: ${SIZE}`;
const ROUNDS = 3;

/** Tables with four policies each, as people write them, in the `api` schema that the corpus exposes too. */
const SCHEMA = `
CREATE ROLE authenticator LOGIN NOINHERIT; CREATE ROLE anon; CREATE ROLE member; GRANT anon, member TO authenticator;
CREATE SCHEMA api; GRANT USAGE ON SCHEMA api TO anon, member;
CREATE FUNCTION api.uid() RETURNS text STABLE LANGUAGE sql AS $$ SELECT current_setting('request.jwt.claims', true)::json ->> 'sub' $$;
CREATE TABLE api.members (user_id text, team_id int, PRIMARY KEY (user_id, team_id));
ALTER TABLE api.members ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.members TO member;
CREATE POLICY own ON api.members FOR SELECT TO member USING (user_id = (SELECT api.uid()));`;
/** In parts: each table takes locks until the end of its transaction. */
const PARTS = 20;
const tables = (part: number) => `
DO $do$ BEGIN
  FOR i IN ${(part * TABLES) / PARTS + 1}..${((part + 1) * TABLES) / PARTS} LOOP
    EXECUTE format('CREATE TABLE api.t%1$s (id int PRIMARY KEY, owner_id text NOT NULL, team_id int, title text);
      CREATE INDEX ON api.t%1$s (owner_id); ALTER TABLE api.t%1$s ENABLE ROW LEVEL SECURITY; GRANT SELECT, INSERT, UPDATE, DELETE ON api.t%1$s TO member;
      CREATE POLICY see ON api.t%1$s FOR SELECT TO member USING (owner_id = (SELECT api.uid())
        OR EXISTS (SELECT FROM api.members AS m WHERE m.user_id = (SELECT api.uid()) AND m.team_id = t%1$s.team_id));
      CREATE POLICY add ON api.t%1$s FOR INSERT TO member WITH CHECK (owner_id = (SELECT api.uid()));
      CREATE POLICY change ON api.t%1$s FOR UPDATE TO member USING (owner_id = (SELECT api.uid()) AND title <> ''locked %1$s'');
      CREATE POLICY remove ON api.t%1$s FOR DELETE TO member USING (owner_id = (SELECT api.uid()))', i);
  END LOOP;
END $do$`;

/** How long an audit of a large database takes, and a peer's on the same one, in turn. */
export async function benchSize(figures: Figures, peer: Linter | undefined): Promise<void> {
  const server = await startPostgres({ settings: { max_locks_per_transaction: '1024' } });
  try {
    await server.createDatabase('large');
    const connection = server.connection('large');
    await withClient(connection, async (client) => {
      await client.query(SCHEMA);
      for (let part = 0; part < PARTS; part++) await client.query(tables(part));
      await client.query('ANALYZE');
    });
    const times: Record<'ours' | 'peer', number[]> = { ours: [], peer: [] };
    for (let round = 0; round < ROUNDS; round++) {
      times.ours.push(await timeOf(() => withClient(connection, (client) => auditAnywhere(client))));
      if (peer) times.peer.push(await timeOf(() => peer.find(connection, 'postgrest')));
    }
    figures.add(TIME_OF_OURS, summarize(times.ours));
    if (peer) figures.add(`${peer.name}: ${SIZE}`, summarize(times.peer), { against: TIME_OF_OURS });
  } finally {
    await server.stop();
  }
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
