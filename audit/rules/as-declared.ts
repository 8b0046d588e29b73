import { fix } from '../fix.ts';
import type { DeclarationRule, RuleDescription } from '../rule.ts';

/** Reports drift: each statement that the database still needs to match the declaration. */
export const notAsDeclared: DeclarationRule = {
  id: 'not_as_declared',
  levels: ['error'],
  subject: 'the declaration',
  why: 'The database differs from the declaration. A deploy cannot correct this where another role owns the object.',
  fix: 'Apply the declaration, as an admin who may do this.',
  compare: ({ pending }) =>
    pending.map(({ sql, place }) => ({
      object: { kind: 'declared object', name: place, text: place },
      problem: `still needs: ${sql.split('\n').find((line) => !line.startsWith('--'))}`,
      fix: fix('apply the declaration, as an admin who may do this'),
    })),
};

/** A rule of the run itself, which knows what its migrations have changed. */
export const notSealed: RuleDescription = {
  id: 'not_sealed',
  levels: ['error'],
  subject: 'the declaration',
  why:
    'A migration that commits by itself has changed the object, and the run could not close it. ' +
    'A role other than its owner has granted privileges on it.',
  fix: 'Revoke these privileges as the role that granted them.',
};
