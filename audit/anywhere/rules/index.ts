import type { RuleDescription, Topic } from '../../rule.ts';

/** Stands in for the rules of the engine. */
export const RULES: readonly (RuleDescription & { readonly topic: Topic })[] = [];
