// The rooms that the package is made of, from the ground up: each may import from those above it in this list only.
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
