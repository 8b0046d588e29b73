import type { Anywhere } from './anywhere.ts';

/** Schemas that Supabase makes and changes itself. */
const SCHEMAS = new Set([
  ...['auth', 'storage', 'graphql', 'graphql_public', 'vault', 'extensions', 'realtime', '_realtime', '_analytics'],
  ...['net', 'cron', 'pgbouncer', 'pgsodium', 'pgsodium_masks', 'pgmq', 'supabase_functions', 'supabase_migrations'],
]);

/** True for an object that an extension or the platform has made: its faults are not the user's. */
export function isForeign(
  { scope }: Anywhere,
  { schema, extension }: { readonly schema: string; readonly extension: string | null },
): boolean {
  return extension !== null || (scope.platform === 'supabase' && SCHEMAS.has(schema));
}
