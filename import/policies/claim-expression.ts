import { claimOf as read, TEXT_TYPES } from '../../audit/anywhere/conditions/claim-of.ts';
import type { Expression } from '../../postgres/expressions/parse-expression.ts';

/** A claim that an expression reads. */
export interface ReadClaim {
  readonly path: readonly string[];
  /** Type that it is cast to. @default text */
  readonly type?: string;
}

/** Functions without arguments that return a claim, by their full name. */
export type ClaimFunctions = ReadonlyMap<string, Expression>;

/** The claim that a template can read in place of an expression; undefined for anything else. */
export function claimOf(expression: Expression | undefined, functions: ClaimFunctions): ReadClaim | undefined {
  const found = read(expression, { bodyOf: (names) => functions.get(names.join('.')), readsClaims: () => false });
  if (!found || found.hasOther || found.hasIndex) return undefined;
  const [type, ...others] = new Set(found.casts.filter((cast) => !TEXT_TYPES.includes(cast)));
  if (others.length > 0) return undefined;
  return { path: found.path, ...(type !== undefined && { type }) };
}
