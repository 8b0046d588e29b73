import pg from 'pg';
import { expect, it, vi } from 'vitest';
import { startEphemeralPostgrest } from '../../../testing/index.ts';
import { Host } from '../../../testing/host.ts';
import todos from '../../../examples/todos/declaration.ts';

it('a database is copied also where a client has come back and stays', async () => {
  const environment = await startEphemeralPostgrest(todos);
  const cutOff = vi.spyOn(Host.prototype, 'cutOff');
  const client = new pg.Client(environment.databaseUrl);
  client.on('error', () => {});
  try {
    // As a client that connects between the end of all sessions and the copy.
    cutOff.mockImplementationOnce(async function (this: Host, database) {
      await this.cutOff(database);
      await client.connect();
    });
    await environment.snapshot();
    await expect(client.query('SELECT')).rejects.toThrow();
    expect((await fetch(`${environment.url}/todos?select=title`)).status).toBe(200);
    expect(await environment.sql('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  } finally {
    cutOff.mockRestore();
    await client.end().catch(() => {});
    await environment.stop();
  }
});
