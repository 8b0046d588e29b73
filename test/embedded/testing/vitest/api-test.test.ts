import { describe, expect } from 'vitest';
import declaration from '../../../../examples/todos/declaration.ts';
import { apiTest } from '../../../../testing/vitest/api-test.ts';
import { sqlFile } from '../../../../declaration/index.ts';

const seed = [sqlFile('examples/todos/seed.sql')];
const test = apiTest(declaration, { seed });
const shared = apiTest(declaration, { seed, share: 'file' });

describe.concurrent('each test has an API of its own', () => {
  for (let n = 0; n < 10; n++) {
    test(`number ${n}`, async ({ api, expect }) => {
      const ann = await api.as('todos_user', { user_id: 1 });
      const created = await ann.fetch('/todos', { method: 'POST', body: JSON.stringify({ title: `of ${n}` }) });
      expect(created.status).toBe(201);
      expect(await (await ann.fetch('/todos?select=title&title=like.of*')).json()).toEqual([{ title: `of ${n}` }]);
    });
  }
});

const urls: string[] = [];

describe('the tests of a file share one where that is asked for', () => {
  shared('one', ({ api }) => void urls.push(api.url));
  shared('another', ({ api }) => {
    urls.push(api.url);
    expect(new Set(urls).size).toBe(1);
  });
});
