import { test, type TestAPI } from 'vitest';
import type { Declaration } from '../../declaration/types.ts';
import type { EphemeralPostgrest } from '../environment.ts';
import { startSource, type Source, type SourceOptions } from '../source.ts';

export interface ApiTestOptions extends SourceOptions {
  /** Tests that share an API: none, those of a file, or those of a worker. @default 'test' */
  readonly share?: 'test' | 'file' | 'worker';
}

/** Fixtures of a test. */
export interface ApiFixtures {
  /** An API with a database of its own: declared, and filled with the seed. */
  readonly api: EphemeralPostgrest;
}

/**
 * Vitest's `test`, whose tests are given the declared API. Servers are started once a worker; each test gets a copy of the
 * database and a PostgREST of its own, in a tenth of a second, also where tests run concurrently. They are gone when the
 * test has ended.
 *
 * @example
 * const test = apiTest(declaration, { seed: [{ file: 'seed.sql', sql: seed }] });
 *
 * test('users see their own rows', async ({ api }) => {
 *   const ann = await api.as('todos_user', { user_id: 1 });
 *   await expect(ann).toSeeRows('/todos?select=title', [{ title: 'buy milk' }]);
 * });
 */
export function apiTest(
  declaration: Declaration,
  { share = 'test', ...options }: ApiTestOptions = {},
): TestAPI<ApiFixtures> {
  return test.extend<ApiFixtures & { readonly source: Source }>({
    source: [
      // Vitest reads from the pattern what a fixture needs.
      // eslint-disable-next-line no-empty-pattern
      async ({}, use) => {
        const source = await startSource(declaration, options);
        await use(source).finally(() => source.stop());
      },
      { scope: 'worker' },
    ],
    api: [
      async ({ source }, use) => {
        const api = await source.start();
        await use(api).finally(() => api.stop());
      },
      { scope: share },
    ],
  });
}
