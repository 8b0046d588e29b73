/**
 * For vitest: its `test` with the declared API, for each test its own; matchers for access, which `expect` has once this is
 * imported; and a test for every cell of the access matrix.
 *
 * @module
 */
export { apiTest, type ApiFixtures, type ApiTestOptions } from './api-test.ts';
export { describeAccess, type AccessTestOptions } from './describe-access.ts';
export type { AccessMatchers } from './matchers.ts';
import './matchers.ts';
