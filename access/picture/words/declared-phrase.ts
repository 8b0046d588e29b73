import { claimPath } from '../../../declaration/claims.ts';
import type { PolicyInput } from '../../../declaration/types.ts';
import { anyOf, equalsClaim, nounOf, oneOf } from './nouns.ts';
import type { Phrase } from './phrase.ts';

/** Words of a declared policy; undefined for one with SQL of its own. */
export function declaredPhrase(policy: PolicyInput): Phrase | undefined {
  switch (policy.kind) {
    case 'all-rows':
      return 'all';
    case 'own-rows':
      return [{ own: [policy.column] }];
    case 'tenant':
      return [equalsClaim(policy.column, claimPath(policy.claim).join('.'))];
    case 'claim-list':
      return [{ where: [`${policy.column} is in their claim ${claimPath(policy.claim).join('.')}`] }];
    case 'membership': {
      const { key, where = {} } = policy.through;
      const limits = Object.entries(where).map(
        ([column, value]) => `${column} ${oneOf([value ?? []].flat().map(String))}`,
      );
      const member = `${anyOf(nounOf(key))} that they are a member of`;
      return [{ of: [limits.length > 0 ? `${member} (${limits.join(', ')})` : member] }];
    }
    case 'public-rows':
      return [{ where: Object.entries(policy.where).map(([column, value]) => columnIs(column, value)) }];
    case 'valid-between': {
      const { from, until } = policy;
      if (from !== undefined && until !== undefined) return [{ where: [`it is now between ${from} and ${until}`] }];
      return [{ where: [from === undefined ? `it is now before ${until}` : `it is now after ${from}`] }];
    }
    case 'custom':
      return undefined;
  }
}

/** A condition on a column's value: `published`, `not archived`, `status is open`. */
export function columnIs(column: string, value: string | number | boolean | null | undefined): string {
  if (value === true) return column;
  if (value === false) return `not ${column}`;
  return value === null ? `${column} is empty` : `${column} is ${value}`;
}
