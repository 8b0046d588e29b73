/**
 * The stacks that a declaration is deployed as: the database, its roles and access, the servers.
 *
 * @module
 */
export { AccessStack, type AccessStackProps } from './access-stack.ts';
export { addStacks, type SecuredPostgrestStacks, type SecuredPostgrestStacksProps } from './add-stacks.ts';
export { ApiStack } from './api-stack.ts';
export { DatabaseStack } from './database-stack.ts';
