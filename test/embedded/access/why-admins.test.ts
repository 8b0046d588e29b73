import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explainRequest } from '../../../access/why/explain-request.ts';
import { parseRequest } from '../../../access/why/request/api-request.ts';
import todos from '../../../examples/todos/declaration.ts';
import { accessState, ADMINS, useCluster } from '../../support/database.ts';

const ben = { kind: 'subject', subject: { role: 'todos_user', claims: { user_id: 2 } } } as const;

describe.each(ADMINS)('connected as a %s,', (admin) => {
  const cluster = useCluster();

  it('why explains rows past forced row security, and leaves the database as it was', async () => {
    const database = await cluster.database(admin);
    await database.apply(todos);
    await database.sql(readFileSync('examples/todos/seed.sql', 'utf8'));
    const before = await accessState(database);
    const ask = (request: string, data?: string) =>
      explainRequest(database.admin, ben, parseRequest(request, { data }), { declaration: todos });
    expect(await ask('GET /todos?id=in.(1,3)')).toMatchObject({
      result: 'some',
      rows: [
        { key: { id: '1' }, outcome: 'hidden' },
        { key: { id: '3' }, outcome: 'reached' },
      ],
    });
    expect((await ask('PATCH /todos?id=eq.1', '{"done": true}')).decided?.words).toMatch(/exists and is not changed/);
    expect(await ask('POST /todos', '{"title": "x"}')).toMatchObject({ result: 'all' });
    expect(await accessState(database)).toEqual(before);
  });
});
