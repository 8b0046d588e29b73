import { once } from '../../../audit/anywhere/once.ts';

/** Views and materialized views. Each question asks for them, and most relations are none. */
export const viewsIn = once(({ survey }) => survey.relations.filter(({ kind }) => kind === 'v' || kind === 'm'));
