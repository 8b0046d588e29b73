import pg from 'pg';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { applyDeclaration, createRoles, diffDeclaration } from '../../../apply/index.ts';
import { ownRows } from '../../../declaration/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { notes } from '../../support/notes.ts';

const cluster = useCluster();

const roles = (database: TestDatabase, declaration = notes(database.name)) =>
  withClient(database.admin, (client) => createRoles(client, declaration, { authenticator: 'made here' }));

/** Times differ from machine to machine; how often the server is asked does not. */
describe('the server is asked', () => {
  const queries = vi.spyOn(pg.Client.prototype, 'query');
  afterAll(() => queries.mockRestore());

  async function asked(work: () => Promise<unknown>): Promise<number> {
    queries.mockClear();
    await work();
    return queries.mock.calls.length;
  }

  it('seldom for roles', async () => {
    const database = await cluster.database();
    expect(await asked(() => roles(database))).toBe(4);
    expect(await asked(() => roles(database))).toBe(3);
  });

  it('seldom by a first run, and less by one that changes nothing', async () => {
    const database = await cluster.database();
    const declaration = notes(database.name);
    await roles(database);
    expect(await asked(() => applyDeclaration(database.admin, declaration))).toBe(33);
    expect(await asked(() => applyDeclaration(database.admin, declaration))).toBe(12);
    expect(await asked(() => diffDeclaration(database.admin, declaration))).toBe(5);
  });

  it('in one session, for roles as well', async () => {
    const database = await cluster.database();
    const declaration = notes(database.name);
    const passwords = { authenticator: 'made here' };
    expect(await asked(() => applyDeclaration(database.admin, declaration, { passwords }))).toBe(37);
    const authenticator = { ...database.admin, user: declaration.authenticator, password: passwords.authenticator };
    await withClient(authenticator, (client) => client.query('SELECT 1'));
    expect(await asked(() => applyDeclaration(database.admin, declaration, { passwords }))).toBe(15);
  });

  it('not for each table', async () => {
    const database = await cluster.database();
    const user = `${database.name}_user`;
    const names = Array.from({ length: 100 }, (_, index) => `table_${index}`);
    const sql = names.map((name) => `CREATE TABLE ${name} (user_id int);`).join('\n');
    const declaration = notes(database.name, {
      migrations: [{ file: '001.sql', sql }],
      tables: names.map((name) => ({
        name,
        grants: [{ to: user, select: true as const }],
        policies: [ownRows({ to: user, column: 'user_id', claim: 'user_id', type: 'int' })],
      })),
    });
    await roles(database, declaration);
    const first = await asked(() => applyDeclaration(database.admin, declaration));
    // Beside the migration's own statements, a few messages of many.
    expect(first - names.length).toBeLessThan(50);
    expect(await asked(() => applyDeclaration(database.admin, declaration))).toBe(12);
  });
});
