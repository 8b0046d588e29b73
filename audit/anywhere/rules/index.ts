import { LEVELS } from '../../finding.ts';
import { SUBJECTS } from '../../rule.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import * as access from './access.ts';
import * as claims from './claims.ts';
import * as definers from './definers.ts';
import * as extensions from './extensions.ts';
import * as functions from './functions.ts';
import * as lookups from './lookups.ts';
import * as oracles from './oracles.ts';
import * as policies from './policies.ts';
import * as speed from './speed.ts';
import * as tables from './tables.ts';
import * as triggers from './triggers.ts';
import * as views from './views.ts';

/** Every rule for any database, in the order in which findings are reported: by subject, the worst first. */
export const ANYWHERE_RULES: readonly AnywhereRule[] = [
  tables,
  policies,
  claims,
  lookups,
  oracles,
  speed,
  views,
  definers,
  functions,
  triggers,
  extensions,
  access,
]
  .flatMap((rules) => Object.values<unknown>(rules))
  .filter(isRule)
  .sort((one, other) => placeOf(one) - placeOf(other) || (one.id < other.id ? -1 : 1));

function placeOf({ subject, levels }: AnywhereRule): number {
  return SUBJECTS.indexOf(subject) * LEVELS.length + LEVELS.indexOf(levels[0]);
}

/** Modules of rules have helpers too. */
function isRule(value: unknown): value is AnywhereRule {
  return typeof value === 'object' && value !== null && 'find' in value;
}
