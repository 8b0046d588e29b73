import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Command } from '../../../declaration/index.ts';
import { COMMANDS } from '../../../declaration/commands.ts';
import { probeAccess } from '../../../access/map/probe.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { useCluster } from '../../support/database.ts';
import { FUZZ_RUNS } from '../../support/fuzz.ts';
import { notes } from '../../support/notes.ts';

const cluster = useCluster();

const condition = fc.constantFrom('true', 'false', 'a = 1', 'a > b', 'id % 2 = 0', 'b IS NULL', 'a = mine()', 'id < 6');
const policies = fc.array(
  fc.record({
    command: fc.constantFrom(...COMMANDS, 'all' as const, 'all' as const),
    permissive: fc.oneof({ weight: 2, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    role: fc.constantFrom('user', 'user', 'other', 'public'),
    using: condition,
    check: fc.option(condition),
  }),
  { minLength: 1, maxLength: 6 },
);
type Policies = typeof policies extends fc.Arbitrary<infer T> ? T : never;

/** What Postgres' documentation of CREATE POLICY says of a row: any permissive and every restrictive condition. */
function allowed(all: Policies, command: Command, kind: 'using' | 'check'): string {
  const counting = all.filter((policy) => [command, 'all'].includes(policy.command) && policy.role !== 'other');
  const conditions = (permissive: boolean) =>
    counting
      .filter((policy) => policy.permissive === permissive)
      .map(({ using, check }) => `coalesce(${kind === 'using' ? using : (check ?? using)}, false)`);
  return `(${['false', ...conditions(true)].join(' OR ')}) AND ${['true', ...conditions(false)].join(' AND ')}`;
}

const clauses = ({ command, using, check }: Policies[number]) => {
  if (command === 'select' || command === 'delete') return `USING (${using})`;
  if (command === 'insert') return `WITH CHECK (${check ?? using})`;
  return `USING (${using})${check ? ` WITH CHECK (${check})` : ''}`;
};

it('reaches what the documentation of Postgres says, whatever the policies', async () => {
  const database = await cluster.database();
  const { name, admin } = database;
  const sql = (text: string) => database.sql(text);
  const declaration = notes(name);
  await database.apply(declaration);
  await sql(`CREATE FUNCTION mine() RETURNS int LANGUAGE sql STABLE
      RETURN coalesce((nullif(current_setting('request.jwt.claims', true), '')::json ->> 'user_id')::int, 2);
    CREATE TABLE api.things (id int PRIMARY KEY, a int, b int);
    INSERT INTO api.things VALUES (1, 1, 1), (2, 2, 1), (3, 3, 4), (4, 1, NULL), (5, NULL, 2), (6, 2, NULL), (7, 2, 2), (8, 1, 0);
    ALTER TABLE api.things ENABLE ROW LEVEL SECURITY;
    GRANT INSERT, UPDATE (a, b), DELETE, SELECT (b) ON api.things TO ${name}_user`);
  const rows = async (where: string) =>
    (await sql(`SELECT id FROM api.things WHERE ${where} ORDER BY id`)).map(({ id }) => String(id));
  let reached = 0;
  await fc.assert(
    fc.asyncProperty(policies, async (all) => {
      const made = all.map(
        (policy, index) =>
          `CREATE POLICY p${index} ON api.things AS ${policy.permissive ? 'PERMISSIVE' : 'RESTRICTIVE'} FOR ${policy.command}
          TO ${policy.role === 'public' ? 'PUBLIC' : `${name}_${policy.role}`} ${clauses(policy)}`,
      );
      await sql(`${[...Array(6).keys()].map((index) => `DROP POLICY IF EXISTS p${index} ON api.things`).join(';')};
        ${made.join(';')}`);
      const expected: Record<Command, string[]> = {
        select: await rows(allowed(all, 'select', 'using')),
        insert: await rows(allowed(all, 'insert', 'check')),
        update: await rows(`${allowed(all, 'update', 'using')} AND ${allowed(all, 'update', 'check')}`),
        delete: await rows(allowed(all, 'delete', 'using')),
      };
      await withClient(admin, async (client) => {
        for (const command of COMMANDS) {
          const subject = { role: `${name}_user`, claims: { user_id: 2 } };
          const probe = { relation: { schema: 'api', name: 'things' }, command, subject };
          const reach = await probeAccess(client, declaration, probe);
          expect('rows' in reach ? reach.rows : reach, `${command}: ${made.join('; ')}`).toEqual(expected[command]);
          reached += expected[command].length;
        }
      });
    }),
    { numRuns: Math.ceil(FUZZ_RUNS / 80) },
  );
  expect(reached).toBeGreaterThan(0);
});
