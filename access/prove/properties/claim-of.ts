import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import { CLAIMS_SETTING, claimOf as read, claimSources } from '../../../audit/anywhere/conditions/claim-of.ts';
import type { Expression } from '../../../postgres/expressions/parse-expression.ts';

/** A claim that an expression reads, and the type that it is cast to. */
export interface ReadClaim {
  readonly path: readonly string[];
  /** SQL of the type; undefined for a text. */
  readonly type: string | undefined;
}

/** The claim that is all of an expression, as servers from version 12 on set it; undefined for anything else. */
export function claimOf(audited: Anywhere, expression: Expression | undefined): ReadClaim | undefined {
  const found = read(expression, claimSources(audited));
  if (found?.settings[0] !== CLAIMS_SETTING || found.path.length === 0 || found.hasIndex) return undefined;
  return { path: found.path, type: found.casts.at(-1) };
}
