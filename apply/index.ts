export { applyDeclaration, type ApplyResult } from './apply.ts';
export type { Finding } from './audit.ts';
export type { DatabaseConnection } from './connect.ts';
export { createRoles } from './create-roles.ts';
export { auditDatabase, diffDeclaration, type Difference } from './diff.ts';
export { revokeTokens, type RevokedTokens } from './revoke-tokens.ts';
export { migrationsFrom, sqlFile } from './read-sql.ts';
