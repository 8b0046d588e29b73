import type { SurveyedPolicy } from '../../audit/anywhere/survey.ts';
import type { Declaration, PolicyInput } from '../../declaration/types.ts';
import type { KnownWords } from './table-access.ts';
import { declaredPhrase } from './words/declared-phrase.ts';

/** Words of declared policies, for a database to which the declaration has just been applied. */
export function declaredWords({ tables }: Declaration): KnownWords {
  const inputs = new Map<string, PolicyInput>();
  for (const { schema, name, policies } of tables) {
    for (const { statements, input } of policies) {
      for (const statement of statements) inputs.set(JSON.stringify([schema, name, statement.name]), input);
    }
  }
  return ({ relation: { schema, name }, name: policy }: SurveyedPolicy) => {
    const input = inputs.get(JSON.stringify([schema, name, policy]));
    return input && declaredPhrase(input);
  };
}
