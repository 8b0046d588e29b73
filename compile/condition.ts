import { createHash } from 'node:crypto';
import { packageTemplate, render, type SqlFragment } from '../postgres/template.ts';
import type {
  ClaimPath,
  ClaimType,
  CustomPolicy,
  Declaration,
  MembershipPolicy,
  PolicyInput,
  SqlSource,
} from '../declaration/types.ts';
import { claimPath, typeName } from '../declaration/claims.ts';
import { renderCondition } from '../declaration/custom-sql.ts';
import { membershipTable } from '../declaration/membership-table.ts';

/** A rendered condition, and the file of the user that it came from, if any. */
export interface Condition {
  readonly sql: string;
  readonly source?: SqlSource;
}

/** The conditions of a policy: for rows that are there (USING), and for rows that are written (WITH CHECK). */
export function conditionsOf(policy: PolicyInput, declaration: Declaration): { using: Condition; check: Condition } {
  const using = conditionOf(policy, declaration);
  if (policy.kind !== 'custom' || !policy.check) return { using, check: using };
  return { using, check: customCondition(policy.check, policy.values, declaration) };
}

function conditionOf(policy: PolicyInput, declaration: Declaration): Condition {
  const own = { private: declaration.privateSchema };
  switch (policy.kind) {
    case 'own-rows':
    case 'tenant':
      return fromTemplate('column-equals-claim', {
        column: policy.column,
        claim: claimIn(policy.type, policy.claim, declaration),
      });
    case 'claim-list':
      return fromTemplate('claim-list', {
        ...own,
        column: policy.column,
        claim: claimPath(policy.claim),
        member: inType(policy.type, 'member', declaration),
      });
    case 'membership':
      return fromTemplate('membership', {
        ...own,
        column: policy.column,
        function: membershipFunctionName(policy, declaration),
      });
    case 'all-rows':
      return fromTemplate('all-rows', {});
    case 'public-rows':
      return { sql: columnConditions(policy.where).join(' AND ') };
    case 'valid-between':
      return {
        sql: [
          ...(policy.from === undefined ? [] : [fromTemplate('valid-from', { from: policy.from }).sql]),
          ...(policy.until === undefined ? [] : [fromTemplate('valid-until', { until: policy.until }).sql]),
        ].join(' AND '),
      };
    case 'custom':
      return customCondition(policy.using, policy.values, declaration);
  }
}

function customCondition(source: SqlSource, values: CustomPolicy['values'], declaration: Declaration): Condition {
  return { sql: renderCondition(source, values, declaration), source };
}

function fromTemplate(name: string, values: Parameters<typeof render>[1]): Condition {
  return { sql: render(packageTemplate(`compile/policies/${name}`), values).trim() };
}

/** A claim as a value of a type; null where it is missing or is none of the type. */
export function claimIn(
  type: ClaimType,
  claim: ClaimPath,
  declaration: Pick<Declaration, 'privateSchema'>,
): SqlFragment {
  const own = { private: declaration.privateSchema };
  const { sql } = fromTemplate('claim', { ...own, claim: claimPath(claim) });
  return inType(type, sql, declaration);
}

/** Every claim is a text as it is; another type may not have a value for it. */
function inType(type: ClaimType, value: string, { privateSchema }: Pick<Declaration, 'privateSchema'>): SqlFragment {
  if (type === 'text') return { fragment: value };
  const values = { private: privateSchema, value: { fragment: value }, type: typeName(type) };
  return { fragment: fromTemplate('in-type', values).sql };
}

/** One condition a column; the literal takes the column's type, so an index on the column serves. */
export function columnConditions(
  where: Readonly<Record<string, string | number | boolean | null | readonly string[]>>,
): string[] {
  return Object.entries(where).map(([column, value]) => {
    if (value === null) return fromTemplate('column-is-null', { column }).sql;
    if (typeof value === 'object') return fromTemplate('column-one-of', { column, values: value }).sql;
    return fromTemplate('column-equals', { column, value: String(value) }).sql;
  });
}

/** Policies that ask for the same memberships share one function, named after what it answers. */
export function membershipFunctionName(policy: MembershipPolicy, declaration: Pick<Declaration, 'schemas'>): string {
  const { name } = membershipTable(policy, declaration);
  const identity = JSON.stringify([policy.through, policy.type, policy.claim, policy.memberType]);
  return `memberships_${name.replace(/[^a-z0-9_]/g, '_').slice(0, 30)}_${createHash('sha256').update(identity).digest('hex').slice(0, 10)}`;
}
