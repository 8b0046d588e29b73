import type { AnywhereRule } from '../anywhere-rule.ts';
import * as definers from './definers.ts';
import * as extensions from './extensions.ts';
import * as functions from './functions.ts';
import * as tables from './tables.ts';
import * as triggers from './triggers.ts';
import * as views from './views.ts';

/** Every rule for any database, in the order in which findings are reported. */
export const ANYWHERE_RULES: readonly AnywhereRule[] = [
  tables,
  views,
  definers,
  functions,
  triggers,
  extensions,
].flatMap((group) => Object.values(group));
