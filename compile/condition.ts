import { createHash } from 'node:crypto';
import { packageTemplate, render, type SqlFragment } from '../postgres/template.ts';
import type {
  ClaimPath,
  ClaimType,
  Declaration,
  MembershipPolicy,
  PolicyInput,
  QualifiedName,
  SqlSource,
} from '../declaration/types.ts';
import { qualify } from '../declaration/names.ts';

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

function customCondition(
  source: SqlSource,
  values: Readonly<Record<string, string>> | undefined,
  declaration: Declaration,
): Condition {
  return { sql: render(source, { ...values, private: declaration.privateSchema }), source };
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

export function claimPath(claim: ClaimPath): readonly string[] {
  return typeof claim === 'string' ? [claim] : claim;
}

/** The names of the types in pg_catalog: the words `int`, `bigint` and `boolean` are grammar, not names. */
export function typeName(type: ClaimType): string {
  return {
    text: 'text',
    uuid: 'uuid',
    numeric: 'numeric',
    int2: 'int2',
    int4: 'int4',
    int8: 'int8',
    int: 'int4',
    bigint: 'int8',
    boolean: 'bool',
  }[type];
}

/** The membership table of a policy. */
export function membershipTable(policy: MembershipPolicy, declaration: Pick<Declaration, 'schemas'>): QualifiedName {
  return qualify(policy.through.table, declaration.schemas[0]!, 'through.table');
}

/** Policies that ask for the same memberships share one function, named after what it answers. */
export function membershipFunctionName(policy: MembershipPolicy, declaration: Pick<Declaration, 'schemas'>): string {
  const { name } = membershipTable(policy, declaration);
  const identity = JSON.stringify([policy.through, policy.type, policy.claim, policy.memberType]);
  return `memberships_${name.replace(/[^a-z0-9_]/g, '_').slice(0, 30)}_${createHash('sha256').update(identity).digest('hex').slice(0, 10)}`;
}
