import { defineConfig } from 'vitest/config';

/** The access tests as a project of their own: the suite's other tests need this package compiled first, these do not. */
export default defineConfig({
  test: {
    include: ['test/embedded/examples/projects-isolated.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    experimental: { fsModuleCache: true },
  },
});
