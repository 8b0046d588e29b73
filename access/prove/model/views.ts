import { once } from '../../../audit/anywhere/once.ts';

/** Views and materialized views. Each question asks for them, and most relations are none. */
export const viewsIn = once(({ survey }) => survey.relations.filter(({ kind }) => kind === 'v' || kind === 'm'));

/** Relations with rules. Each question asks for them, and hardly any relation has one. */
export const ruledIn = once(({ survey }) => survey.relations.filter(({ rules }) => rules.length > 0));
