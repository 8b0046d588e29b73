import type { PolicyInput } from './types.ts';

/** Columns of the protected table that a policy names; those in SQL are not among them. */
export function policyColumns(input: PolicyInput): readonly string[] {
  switch (input.kind) {
    case 'own-rows':
    case 'tenant':
    case 'claim-list':
    case 'membership':
      return [input.column];
    case 'public-rows':
      return Object.keys(input.where);
    case 'valid-between':
      return [input.from, input.until].filter((column) => column !== undefined);
    case 'all-rows':
    case 'custom':
      return [];
  }
}
