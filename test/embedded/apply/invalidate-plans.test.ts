import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { applyDeclaration } from '../../../apply/index.ts';
import { allRows, ownRows, type Declaration } from '../../../declaration/index.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { notes } from '../../support/notes.ts';

const cluster = useCluster();
const passwords = { authenticator: 'made here' };

/** One user sees their own rows, the other all of them. */
function declared(prefix: string): Declaration {
  const [user, other] = [`${prefix}_user`, `${prefix}_other`];
  return notes(prefix, {
    tables: [
      {
        name: 'notes',
        grants: [
          { to: user, select: true },
          { to: other, select: true },
        ],
        policies: [ownRows({ to: user, column: 'user_id', claim: 'user_id', type: 'int' }), allRows({ to: other })],
      },
    ],
  });
}

/** A session of the first user, as PostgREST has many; it counts the rows that a prepared query shows. */
async function session({ superuser, name }: TestDatabase) {
  const client = new pg.Client(superuser);
  await client.connect();
  await client.query(`SELECT set_config('request.jwt.claims', '{"user_id":1}', false)`);
  await client.query(`SET ROLE ${name}_user`);
  const query = { name: 'count', text: 'SELECT count(*)::int AS rows FROM api.notes' };
  return {
    rows: async () => (await client.query<{ rows: number }>(query)).rows[0]!.rows,
    [Symbol.asyncDispose]: () => client.end(),
  };
}

const schemaVersion = (database: TestDatabase) =>
  database.sql(`SELECT xmin::text FROM pg_namespace WHERE nspname = '${database.name}_private'`);

describe('a query that was prepared while its role saw more', () => {
  it.each([
    [
      'passed the policies, as a deploy finds it corrected',
      'ALTER ROLE $_user BYPASSRLS',
      'ALTER ROLE $_user NOBYPASSRLS',
    ],
    ['passed the policies, which the deploy corrects', 'ALTER ROLE $_user BYPASSRLS', undefined],
    ['was a member of another, which the deploy corrects', 'GRANT $_other TO $_user', undefined],
  ])('is planned anew after a deploy where the role %s', async (_, wider, back) => {
    const database = await cluster.database();
    const declaration = declared(database.name);
    const deploy = () => applyDeclaration(database.admin, declaration, { passwords });
    await deploy();
    const run = (sql: string) => database.sql(sql.replaceAll('$', database.name));
    await run(wider);
    await using prepared = await session(database);
    expect(await prepared.rows()).toBe(2);
    if (back !== undefined) await run(back);
    // This is why a deploy has to see to it.
    expect(await prepared.rows()).toBe(2);
    expect((await deploy()).changes).toBe(0);
    expect(await prepared.rows()).toBe(1);

    const before = await schemaVersion(database);
    await deploy();
    expect(await schemaVersion(database)).toEqual(before);
  });
});
