import type { AnywhereRule } from '../anywhere-rule.ts';
import * as tables from './tables.ts';

/** Every rule for any database, in the order in which findings are reported. */
export const ANYWHERE_RULES: readonly AnywhereRule[] = Object.values(tables);
