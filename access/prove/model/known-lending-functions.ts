import type { SurveyedFunction } from '../../../audit/anywhere/survey.ts';
import { lendingFunctions } from './function-ways.ts';
import type { ParsedCatalog } from './parsed-catalog.ts';

const known = new WeakMap<ParsedCatalog, Map<string, readonly SurveyedFunction[]>>();

/** The functions of {@link lendingFunctions}, found once for a role: the search reads every relation, and each question needs them. */
export function knownLendingFunctions(role: string, catalog: ParsedCatalog): readonly SurveyedFunction[] {
  const ofCatalog = known.get(catalog) ?? new Map<string, readonly SurveyedFunction[]>();
  known.set(catalog, ofCatalog);
  const found = ofCatalog.get(role) ?? lendingFunctions(role, catalog);
  ofCatalog.set(role, found);
  return found;
}
