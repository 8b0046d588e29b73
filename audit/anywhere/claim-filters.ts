import type { Anywhere } from './anywhere.ts';
import { isAlwaysTrue, truthOf } from './conditions/truth.ts';
import { onceFor } from './once.ts';
import type { SurveyedRelation } from './survey.ts';

/** True if every part of a view's query asks claims of the request for its rows, and gives none where they are missing. */
export const filtersByClaim = onceFor(({ conditions }: Anywhere, view: SurveyedRelation): boolean => {
  const filters = conditions.filters(view);
  return (
    filters.length > 0 &&
    filters.every(
      ({ expression, readsClaims }) =>
        readsClaims &&
        !isAlwaysTrue(
          truthOf(expression, {
            claims: 'none',
            role: '',
            isRequired: () => false,
            bodyOf: (schema, name) => conditions.bodyOf(schema, name),
          }),
        ),
    )
  );
});
