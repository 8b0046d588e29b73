import type { AuditScope } from './find-scope.ts';

/** Roles that Supabase makes, whose rights users cannot change. */
const SUPABASE_ROLES = new Set(['postgres', 'service_role', 'dashboard_user', 'pgbouncer', 'cli_login_postgres']);
/** True for a role of the platform's own. */
export function isPlatformRole({ platform }: Pick<AuditScope, 'platform'>, name: string): boolean {
  return platform === 'supabase' && (SUPABASE_ROLES.has(name) || name.startsWith('supabase_'));
}
