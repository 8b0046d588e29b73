import { once } from '../../../audit/anywhere/once.ts';
import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import { comparedClaims, type ComparedClaim } from './compared-claims.ts';

/** Claims that name a person, not what many belong to. */
const OF_PERSON = /^(?:sub|uid|user|user_?id|email|username|account_?id)$/i;

/** The column and claim that policies compare on more than half of the tables with policies; undefined without such a pair. */
export const tenantPair = once((audited: Anywhere): ComparedClaim | undefined => {
  const tables = audited.survey.relations.filter(({ policies }) => policies.length > 0);
  const counts = new Map<string, { readonly pair: ComparedClaim; tables: Set<string> }>();
  for (const table of tables) {
    for (const policy of table.policies) {
      const conditions = [audited.conditions.using(policy), audited.conditions.check(policy)];
      for (const pair of conditions.flatMap((condition) => comparedClaims(audited, condition, table))) {
        if (OF_PERSON.test(pair.claim.at(-1) ?? '')) continue;
        const key = JSON.stringify([pair.column, pair.claim]);
        const known = counts.get(key) ?? { pair, tables: new Set() };
        known.tables.add(table.id);
        counts.set(key, known);
      }
    }
  }
  const [most] = [...counts.values()].sort((a, b) => b.tables.size - a.tables.size);
  return most && most.tables.size > 1 && most.tables.size * 2 > tables.length ? most.pair : undefined;
});
