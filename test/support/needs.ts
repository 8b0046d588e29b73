import type { TestContext } from 'vitest';

/** Skips a test that this machine lacks something for, and says what. With `REQUIRE_DEPLOY_TESTS=1` the test fails instead. */
export function needs(context: TestContext, obstacle: string | undefined): void {
  if (obstacle === undefined) return;
  if (process.env['REQUIRE_DEPLOY_TESTS'] === '1') throw new Error(obstacle);
  context.skip(obstacle);
}
