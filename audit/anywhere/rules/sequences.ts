import { namedObject, relationObject } from '../../finding-object.ts';
import { fix, run } from '../../fix.ts';
import { sqlName } from '../../relations.ts';
import type { Found } from '../../rule.ts';
import type { Anywhere } from '../anywhere.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { calledFunctions } from '../called-functions.ts';
import { groupBy } from '../../group-by.ts';
import { isForeign } from '../platform.ts';
import { granteesOf, granteeWord, sqlGrantees } from '../request-roles.ts';
import type { SurveyedRelation } from '../survey.ts';
import { listed } from '../words.ts';

const CHANGES = (privilege: string) => privilege === 'UPDATE';
const SETS = /\bsetval\s*\(\s*(?:'(?:"?[\w$]+"?\.)?"?([\w$]+)"?'|[^'])/gi;

export const sequenceGranted: AnywhereRule = {
  id: 'sequence_granted',
  topic: 'exposure',
  levels: ['info', 'warning'],
  subject: 'grants',
  why: 'With UPDATE on a sequence, setval() gives out numbers again, so that the inserts of others fail. Inserts need USAGE alone.',
  otherLevelWhen: 'where a function that requests may call sets the sequence',
  fix: 'Revoke UPDATE on the sequence. Grant USAGE.',
  find: (audited) => {
    const granted = audited.survey.relations.filter(
      (relation) =>
        relation.kind === 'S' &&
        !isForeign(audited, relation) &&
        granteesOf(audited, relation.grants, CHANGES).length > 0,
    );
    const set = setByFunctions(audited);
    const isSet = ({ name }: SurveyedRelation) => set.get(name) ?? set.get('');
    return [
      ...granted.filter(isSet).map((sequence): Found => {
        const { roles, signature } = isSet(sequence)!;
        return {
          level: 'warning',
          object: relationObject(sequence),
          problem: `is set by ${signature}, which ${listed(roles)} may call`,
          fix: run(revoke(audited, [sequence])),
        };
      }),
      ...[
        ...groupBy(
          granted.filter((sequence) => !isSet(sequence)),
          ({ schema }) => schema,
        ),
      ].map(([schema, sequences]): Found => {
        const grantees = granteesOf(
          audited,
          sequences.flatMap(({ grants }) => grants),
          CHANGES,
        );
        return {
          object: namedObject('schema', schema),
          problem: `has ${sequences.length} sequence${sequences.length > 1 ? 's' : ''} with UPDATE for ${listed(grantees.map(granteeWord))}`,
          fix: fix('revoke UPDATE on sequences', revoke(audited, sequences)),
        };
      }),
    ];
  },
};

function revoke(audited: Anywhere, sequences: readonly SurveyedRelation[]): string {
  const grantees = granteesOf(
    audited,
    sequences.flatMap(({ grants }) => grants),
    CHANGES,
  );
  return `REVOKE UPDATE ON SEQUENCE ${sequences.map(sqlName).join(', ')} FROM ${sqlGrantees(grantees)}`;
}

/** Names of sequences that callers set by a function; the empty name where the function takes any. */
function setByFunctions(
  audited: Anywhere,
): ReadonlyMap<string, { readonly roles: readonly string[]; readonly signature: string }> {
  const found = new Map<string, { readonly roles: readonly string[]; readonly signature: string }>();
  for (const { fn, roles, asCaller } of calledFunctions(audited)) {
    if (!asCaller) continue;
    for (const [, name = ''] of audited.texts.bodyOf(fn).matchAll(SETS))
      found.set(name, { roles, signature: fn.signature });
  }
  return found;
}
