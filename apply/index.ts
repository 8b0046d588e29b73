export { applyDeclaration, type ApplyResult } from './apply.ts';
export type { Finding } from '../audit/audit.ts';
export type { DatabaseConnection } from '../postgres/connect.ts';
export { createRoles } from './create-roles.ts';
export { auditDatabase, diffDeclaration, type Difference } from './diff.ts';
export { revokeTokens, type RevokedTokens } from './revoke-tokens.ts';
