export { applyDeclaration, type ApplyResult } from './apply.ts';
export type { RemovedStatement } from './removed.ts';
export type { Finding, Level } from '../audit/finding.ts';
export type { FindingObject } from '../audit/finding-object.ts';
export type { Fix } from '../audit/fix.ts';
export type { DatabaseConnection } from '../postgres/connect.ts';
export { createRoles } from './create-roles.ts';
export { auditDatabase, diffDeclaration, type Difference } from './diff.ts';
export { revokeTokens, type RevokedTokens } from './revoke-tokens.ts';
