// Rules about grants, roles and the server, in the order in which findings are reported.
export * from './columns.ts';
export * from './inheritance.ts';
export * from './replication.ts';
export * from './foreign-tables.ts';
export * from './dangerous-functions.ts';
export * from './grants.ts';
export * from './default-privileges.ts';
export * from './sequences.ts';
export * from './large-objects.ts';
export * from './authenticator.ts';
export * from './roles.ts';
export * from './settings.ts';
export * from './server.ts';
