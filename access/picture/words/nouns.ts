import { isPersonal, isShared } from '../../../audit/anywhere/principal.ts';
import type { Alternative } from './phrase.ts';

/** Claims that name the user. */
const USER_CLAIMS = ['sub', 'user_id', 'uid'];

/** The thing that a column names: `project` for `project_id`. */
export function nounOf(column: string): string {
  return column.replace(/_?(?:id|uuid|key|slug)$/i, '').replaceAll('_', ' ') || column;
}

/** A noun with its article. */
export function anyOf(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}

/** Rows whose column is a claim: the user's own, those of the user's group, or others. */
export function equalsClaim(column: string, claim: string): Alternative {
  if (isPersonal(column) || USER_CLAIMS.includes(claim)) return { own: [column] };
  const shared = [column, claim].find(isShared);
  return shared === undefined ? { where: [`${column} is their claim ${claim}`] } : { of: [`their ${nounOf(shared)}`] };
}

/** Names in a list of alternatives: `a`, `a or b`, `a, b or c`. */
export function oneOf(texts: readonly string[]): string {
  return [texts.slice(0, -1).join(', '), ...texts.slice(-1)].filter((part) => part !== '').join(' or ');
}
