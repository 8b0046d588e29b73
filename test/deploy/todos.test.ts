import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changes, Deployment, engineObjects } from '../support/deployment.ts';

let todos: Deployment;

beforeAll(async () => {
  todos = await Deployment.of('todos');
  await todos.deploy();
  await todos.sql(`INSERT INTO api.todos (user_id, title, done, public)
    VALUES (1, 'buy milk', false, false), (1, 'water the plants', true, true), (2, 'call the bank', false, false)`);
});

afterAll(() => todos.remove());

describe('todos, deployed', () => {
  it('answers the anonymous role with public rows and granted columns', async () => {
    const response = await fetch(`${todos.url}/todos?select=id,title,done`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual([{ id: 2, title: 'water the plants', done: true }]);
  });

  it('says "No changes" when it is deployed again', async () => {
    const run = await todos.deploy();
    expect(changes(run)).toEqual({ 'todos-database': undefined, 'todos-api': undefined });
  });

  it('brings back a database container that was lost', async () => {
    expect(existsSync(todos.secrets)).toBe(true);
  });

  it('leaves nothing behind', async () => {
    await todos.sql('CREATE TABLE api.by_hand (id int); GRANT SELECT ON api.by_hand TO todos_user');
    await todos.destroy();
    for (const kind of ['container', 'volume', 'network'] as const) expect(engineObjects(kind, 'todos')).toEqual([]);
  });
});
