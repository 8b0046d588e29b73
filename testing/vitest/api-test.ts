import { afterAll, beforeAll, test, type TestAPI } from 'vitest';
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

/** Servers start and migrations run: on a busy machine that takes longer than vitest waits for a test or a hook. */
const START_MS = 300_000;

/**
 * Vitest's `test`, whose tests are given the declared API. Servers are started once a worker; each test gets a copy of the
 * database and a PostgREST of its own, in a tenth of a second, or in milliseconds where a spare is ready (`spares`), also
 * where tests run concurrently. They are gone when the test has ended. Call it where tests are declared: the servers start in a hook, whose time counts for no test's timeout.
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
  let starting: Promise<Source> | undefined;
  let isUsed = false;
  const start = () => (starting ??= startSource(declaration, options));
  const stop = async () => {
    const source = await starting;
    [starting, isUsed] = [undefined, false];
    await source?.stop();
  };
  beforeAll(async () => void (await start()), START_MS);
  // The fixture stops what it has started. No test may have used it: all are skipped, or filtered out.
  afterAll(() => (isUsed ? undefined : stop()));
  return test.extend<ApiFixtures & { readonly source: Source }>({
    source: [
      // Vitest reads from the pattern what a fixture needs.
      // eslint-disable-next-line no-empty-pattern
      async ({}, use) => {
        isUsed = true;
        await use(await start()).finally(stop);
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
