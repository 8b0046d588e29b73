export * from './apply/index.ts';
export * from './constructs/index.ts';
export * from './declaration/index.ts';
