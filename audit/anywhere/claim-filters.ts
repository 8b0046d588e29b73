import type { Anywhere } from './anywhere.ts';
import { nodesBelow } from './conditions/comparisons.ts';
import type { Condition } from './conditions/conditions.ts';
import { isAlwaysTrue, truthOf } from './conditions/truth.ts';
import { onceFor } from './once.ts';
import type { SurveyedRelation } from './survey.ts';

/** True if every part of a view's query asks who reads for its rows, and does not give all where the request has no claims. */
export const filtersByClaim = onceFor(({ conditions }: Anywhere, view: SurveyedRelation): boolean => {
  const filters = conditions.filters(view);
  return (
    filters.length > 0 &&
    filters.every(
      (filter) =>
        asksReader(filter) &&
        !isAlwaysTrue(
          truthOf(filter.expression, {
            claims: 'none',
            role: '',
            isRequired: () => false,
            bodyOf: (schema, name) => conditions.bodyOf(schema, name),
          }),
        ),
    )
  );
});

/** True for a condition on claims, on a setting that a function has made of them, or on the role. */
function asksReader({ readsClaims, settings, called, expression }: Condition): boolean {
  return (
    readsClaims ||
    settings.some((name) => name.includes('.') || name === 'role') ||
    called.includes('pg_has_role') ||
    nodesBelow(expression).some(([kind, { op }]) => kind === 'SQLValueFunction' && /_(?:USER|ROLE)$/.test(String(op)))
  );
}
