import { functionTexts, type FunctionTexts } from './conditions/claim-readers.ts';
import { readConditions, type Condition, type Conditions } from './conditions/conditions.ts';
import { disjunctsOf, type Atom } from './conditions/disjuncts.ts';
import { FALSE, isAlwaysTrue, isNeverTrue, TRUE, truthOf, type Truth } from './conditions/truth.ts';
import type { AuditScope } from './find-scope.ts';
import { reachOf, type Reach } from './reach.ts';
import type { RowCommand, Survey, SurveyedPolicy, SurveyedRelation } from './survey.ts';

/** How many rows of a table a command of a role reaches: by what is known without looking at rows. */
export type Extent = 'all' | 'some' | 'none';

/** Input of a rule for any database. */
export interface Anywhere {
  readonly survey: Survey;
  readonly scope: AuditScope;
  readonly reach: Reach;
  readonly conditions: Conditions;
  readonly texts: FunctionTexts;
  /** Truth values that a condition can have when a role's request meets it. @param claims by default `none` for the anonymous role, else `any` */
  truth(condition: Condition, relation: SurveyedRelation, role: string | undefined, claims?: 'none' | 'any'): Truth;
  /** Truth values of a policy's own condition for a command. Without one, a permissive policy gives no row, and a restrictive one takes none. */
  policyTruth(policy: SurveyedPolicy, command: RowCommand, role: string, claims?: 'none' | 'any'): Truth;
  /** Rows that exist and that a command of a role reaches; for `insert`, rows that it may write. @param claims as for `truth` */
  extent(role: string, table: SurveyedRelation, command: RowCommand, claims?: 'none' | 'any'): Extent;
  /** Alternatives of a policy's condition for a command, each with parts that must all be true. */
  alternatives(condition: Condition, table: SurveyedRelation): readonly (readonly Atom[])[];
  /** The condition by which a policy decides for a command. */
  deciding(policy: SurveyedPolicy, command: RowCommand): Condition | undefined;
}

export async function prepare(survey: Survey, scope: AuditScope): Promise<Anywhere> {
  const reach = reachOf(survey, scope);
  const texts = functionTexts(survey);
  const conditions = await readConditions(survey, texts);
  // Every condition belongs to one table: see `readConditions`.
  const truths = new Map<Condition, Map<string, Truth>>();
  const truth: Anywhere['truth'] = (condition, relation, role, claims = role === scope.anonymous ? 'none' : 'any') => {
    const ofCondition = truths.get(condition) ?? new Map<string, Truth>();
    truths.set(condition, ofCondition);
    const key = `${claims} ${role ?? ''}`;
    const known = ofCondition.get(key);
    if (known !== undefined) return known;
    const found = truthOf(condition.expression, {
      claims,
      role,
      isRequired: (column) => relation.columns.some(({ name, required }) => required && name === column),
      bodyOf: (schema, name) => conditions.bodyOf(schema, name),
    });
    ofCondition.set(key, found);
    return found;
  };
  const deciding: Anywhere['deciding'] = (policy, command) =>
    command === 'insert' ? conditions.check(policy) : conditions.using(policy);
  const policyTruth: Anywhere['policyTruth'] = (policy, command, role, claims) => {
    const condition = deciding(policy, command);
    if (!condition) return policy.permissive ? FALSE : TRUE;
    return truth(condition, policy.relation, role, claims);
  };
  const extents = new Map<string, Extent>();
  const findExtent = (
    role: string,
    table: SurveyedRelation,
    command: RowCommand,
    claims: 'none' | 'any' | undefined,
  ): Extent => {
    if (reach.isUnbound(role, table)) return 'all';
    const binding = reach.policies(role, table, command);
    const of = (policy: SurveyedPolicy) => policyTruth(policy, command, role, claims);
    const permissive = binding.filter((policy) => policy.permissive).map(of);
    const restrictive = binding.filter((policy) => !policy.permissive).map(of);
    if (permissive.every(isNeverTrue) || restrictive.some(isNeverTrue)) return 'none';
    return permissive.some(isAlwaysTrue) && restrictive.every(isAlwaysTrue) ? 'all' : 'some';
  };
  return {
    survey,
    scope,
    reach,
    conditions,
    texts,
    truth,
    policyTruth,
    deciding,
    alternatives: (condition, table) => disjunctsOf(condition, table, texts),
    extent: (role, table, command, claims) => {
      const key = `${table.id} ${command} ${role} ${claims ?? ''}`;
      const found = extents.get(key) ?? findExtent(role, table, command, claims);
      extents.set(key, found);
      return found;
    },
  };
}
