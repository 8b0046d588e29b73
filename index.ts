export * from './apply/index.ts';
export { serverSettings, type ServerPlaces } from './compile/server/settings.ts';
export * from './constructs/index.ts';
export * from './declaration/index.ts';
