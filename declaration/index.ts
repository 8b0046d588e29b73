export { declare } from './declare.ts';
export { SecuredPostgrestError, type ErrorCode } from './errors.ts';
export * from './policies.ts';
export * from './provider-presets.ts';
export { serverSettings, type ServerPlaces } from './server-settings.ts';
export type * from './types.ts';
