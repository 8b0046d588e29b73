import type { RowCommand, SurveyedFunction } from '../../../audit/anywhere/survey.ts';
import { lendingFunctions } from './function-ways.ts';
import type { ParsedCatalog } from './parsed-catalog.ts';

const known = new WeakMap<ParsedCatalog, Map<string, readonly SurveyedFunction[]>>();

/**
 * The functions of {@link lendingFunctions}, found once for a role and a command: the search reads every relation, and each
 * question needs them.
 */
export function knownLendingFunctions(
  role: string,
  command: RowCommand,
  catalog: ParsedCatalog,
): readonly SurveyedFunction[] {
  const ofCatalog = known.get(catalog) ?? new Map<string, readonly SurveyedFunction[]>();
  known.set(catalog, ofCatalog);
  const key = `${command} ${role}`;
  const found = ofCatalog.get(key) ?? lendingFunctions(role, command, catalog);
  ofCatalog.set(key, found);
  return found;
}
