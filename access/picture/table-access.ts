import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import { isAlwaysTrue, isNeverTrue } from '../../audit/anywhere/conditions/truth.ts';
import type { RowCommand, SurveyedPolicy, SurveyedRelation } from '../../audit/anywhere/survey.ts';
import type { CellAccess, MappedPolicy } from './access-map.ts';
import { grantsShown, policyShown } from './shown-sql.ts';
import { conditionPhrase } from './words/condition-phrase.ts';
import { both, either, phraseWords, type Phrase } from './words/phrase.ts';

/** Words of a policy that are known otherwise than by its condition; undefined for a policy without. */
export type KnownWords = (policy: SurveyedPolicy) => Phrase | undefined;

/** A role and a command, and the database that they meet. */
export interface Question {
  readonly audited: Anywhere;
  readonly role: string;
  readonly command: RowCommand;
  readonly knownWords: KnownWords;
}

/** Access without a grant. */
export const REFUSED: CellAccess = { reach: 'refused', words: '', grants: [], policies: [] };

/** Access to a table by its name. */
export function tableAccess(table: SurveyedRelation, question: Question): CellAccess {
  const { audited, role, command } = question;
  const granted = audited.reach.access(role, table).find((access) => access.command === command);
  if (!granted) return REFUSED;
  const { words, policies } = rowsOf(table, question);
  return {
    reach: audited.extent(role, table, command),
    words,
    ...(granted.columns && { columns: granted.columns }),
    grants: grantsShown(table, command, audited.reach.identities(role)),
    policies,
  };
}

/** Rows that policies of a table leave a role, in words, whatever its grants are. */
export function rowsOf(
  table: SurveyedRelation,
  question: Question,
): { readonly words: string; readonly policies: readonly MappedPolicy[] } {
  const { audited, role, command } = question;
  if (audited.reach.isUnbound(role, table)) return { words: unboundWords(table, question), policies: [] };
  const binding = audited.reach.policies(role, table, command);
  const [permissive, restrictive] = [
    binding.filter((policy) => policy.permissive),
    binding.filter((one) => !one.permissive),
  ];
  const policies = [...permissive, ...restrictive].map((policy) => ({
    name: policy.name,
    isRestrictive: !policy.permissive,
    words: policyWords(policy, question),
    sql: policyShown(policy),
  }));
  if (permissive.length === 0) return { words: 'no rows: no policy allows any', policies };
  const given = permissive.map((policy) => using(policy, question)).reduce(either);
  const left = restrictive.map((policy) => using(policy, question)).reduce(both, 'all');
  const written = writtenWords(binding, question);
  return {
    words: [limited(given, left), ...(written === undefined ? [] : [`written: ${written}`])].join('; '),
    policies,
  };
}

/** Rows that are given, and of those the ones that are left. */
function limited(given: Phrase, left: Phrase): string {
  const isList = typeof given !== 'string' && given.length > 1 && left !== 'all' && left !== 'none';
  return isList ? `${phraseWords(given)}; of these only ${phraseWords(left)}` : phraseWords(both(left, given));
}

/** Rows as an update may leave them, where WITH CHECK says something else than USING. */
function writtenWords(binding: readonly SurveyedPolicy[], question: Question): string | undefined {
  if (question.command !== 'update' || binding.every(({ check }) => check === null)) return undefined;
  const check = (policy: SurveyedPolicy) => phraseFor(policy, 'insert', question);
  const of = (read: (policy: SurveyedPolicy) => Phrase) =>
    limited(
      binding
        .filter((policy) => policy.permissive)
        .map(read)
        .reduce(either),
      binding
        .filter((policy) => !policy.permissive)
        .map(read)
        .reduce(both, 'all'),
    );
  const words = of(check);
  return words === of((policy) => using(policy, question)) ? undefined : words;
}

function unboundWords(table: SurveyedRelation, { audited, role }: Question): string {
  if (!table.row_security) return 'all rows: row security is off';
  const found = audited.survey.roles.get(role);
  if (found?.superuser) return 'all rows: the role is a superuser';
  return found?.bypass_rls ? 'all rows: the role passes all policies' : 'all rows: policies do not bind the owner';
}

function policyWords(policy: SurveyedPolicy, question: Question): string {
  return phraseWords(using(policy, question));
}

function using(policy: SurveyedPolicy, question: Question): Phrase {
  return phraseFor(policy, question.command, question);
}

/** Rows of a policy's condition for a command; `insert` stands for rows that are written. */
function phraseFor(policy: SurveyedPolicy, command: RowCommand, { audited, role, knownWords }: Question): Phrase {
  const truth = audited.policyTruth(policy, command, role);
  if (isNeverTrue(truth)) return 'none';
  if (isAlwaysTrue(truth)) return 'all';
  const condition = audited.deciding(policy, command);
  const known = knownWords(policy);
  if (known !== undefined) return known;
  return condition === undefined ? 'all' : conditionPhrase(condition, { audited, table: policy.relation });
}
