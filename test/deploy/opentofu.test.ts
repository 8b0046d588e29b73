import { afterAll, expect, it } from 'vitest';
import { openTofuObstacle } from '../../scripts/requirements.mjs';
import { changes, Deployment, engineObjects } from '../support/deployment.ts';
import { needs } from '../support/needs.ts';

let todos: Deployment | undefined;
afterAll(() => todos?.remove());

it('deploys with OpenTofu, finds no changes afterwards, and removes everything', async (context) => {
  needs(context, openTofuObstacle());
  todos = await Deployment.of('todos', { TERRAFORM_BINARY_NAME: 'tofu' });
  await todos.deploy();

  const token = await todos.tokenFor('todos_user', { user_id: 1 });
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const ask = (init: RequestInit = {}) => fetch(`${todos!.url}/todos?select=title`, { ...init, headers });
  expect((await ask({ method: 'POST', body: '{ "title": "with tofu" }' })).status).toBe(201);
  expect(await (await ask()).json()).toEqual([{ title: 'with tofu' }]);
  expect(todos.states().some(({ text }) => text.includes('registry.opentofu.org/cyrilgdn/postgresql'))).toBe(true);
  expect(todos.states().some(({ text }) => /SCRAM-SHA-256\$/.test(text))).toBe(false);

  expect(changes(await todos.deploy())).toEqual({
    'todos-database': 'no changes',
    'todos-access': 'no changes',
    'todos-api': 'no changes',
  });
  await todos.destroy();
  for (const kind of ['container', 'volume', 'network'] as const) expect(engineObjects(kind, 'todos')).toEqual([]);
});
