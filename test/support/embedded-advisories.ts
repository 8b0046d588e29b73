import { RELEASE_TABLE } from '../../declaration/releases/release-table.ts';

/** Every advisory on PostgreSQL: tests of anything else accept what is known against the embedded one. */
export const POSTGRES_ADVISORIES: readonly string[] = RELEASE_TABLE.products.PostgreSQL.releases.flatMap(({ fixes }) =>
  fixes.map(({ id }) => id),
);
