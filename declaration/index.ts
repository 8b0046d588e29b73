export { declare } from './declare.ts';
export { SecuredPostgrestError, type ErrorCode, type ErrorParts } from '../errors/secured-postgrest-error.ts';
export * from './policies.ts';
export { migration, sql, type SqlValue } from './inline-sql.ts';
export { migrationsFrom, sqlFile } from './read-sql.ts';
export * from './keys/provider-presets.ts';
export type * from './types.ts';
