import { apiTest } from '../../testing/vitest/index.ts';
import { expect } from 'vitest';
import declaration from './declaration.ts';

const test = apiTest(declaration);

test('a new to-do belongs to whom the token names', async ({ api }) => {
  const ann = await api.as('todos_user', { user_id: 1 });
  await ann.fetch('/todos', { method: 'POST', body: '{ "title": "buy milk" }' });
  await expect(ann).toSeeRows('/todos?select=title', [{ title: 'buy milk' }]);
  await expect(await api.as('todos_user', { user_id: 2 })).not.mayRead('todos');
});
