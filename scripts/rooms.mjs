// The rooms that the package is made of, from the ground up: each imports only from rooms that stand before it in this list.
export const rooms = [
  'errors',
  'files',
  'postgres',
  'declaration',
  'compile',
  'tokens',
  'token-client',
  'audit',
  'apply',
  'token-service',
  'constructs',
  'access',
  'testing',
  'explorer',
  'stacks',
  'cli',
];
