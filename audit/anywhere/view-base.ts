import { namesIn } from '../../postgres/catalog/body-names.ts';
import type { Anywhere } from './anywhere.ts';
import { onceFor } from './once.ts';
import type { SurveyedRelation } from './survey.ts';

/** The relation into which a view passes its writes on. */
export const viewBase = onceFor((_: Anywhere, view: SurveyedRelation): SurveyedRelation | undefined => {
  if (view.reads.length <= 1) return view.reads[0];
  const [from] = namesIn(withoutBrackets(view.definition ?? '')).tables;
  return view.reads.find(({ schema, name }) => from?.name === name && from.schema === schema);
});

/** The outermost part of a query. */
export function withoutBrackets(sql: string): string {
  let depth = 0;
  return [...sql]
    .filter((letter) => {
      if (letter === '(') depth++;
      if (letter === ')') depth--;
      return depth === 0 && letter !== ')';
    })
    .join('');
}
