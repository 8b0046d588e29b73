import type { QualifiedName } from '../../postgres/qualified-name.ts';
import { groupBy } from '../group-by.ts';
import type { Anywhere } from './anywhere.ts';
import { once } from './once.ts';
import type { SurveyedRelation } from './survey.ts';

/** Relations by their name, whatever their schema. */
export const relationsByName = once(({ survey }) => groupBy(survey.relations, ({ name }) => name));

/** The relation with a full name. */
export function namedRelation(audited: Anywhere, { schema, name }: QualifiedName): SurveyedRelation | undefined {
  return relationsByName(audited)
    .get(name)
    ?.find((relation) => relation.schema === schema);
}
