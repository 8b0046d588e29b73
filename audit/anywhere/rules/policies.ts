import { namesOf } from '../../../postgres/expressions/parse-expression.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import { partObject, relationObject } from '../../finding-object.ts';
import { fix, run } from '../../fix.ts';
import { sqlName } from '../../relations.ts';
import type { Found } from '../../rule.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import type { Anywhere } from '../anywhere.ts';
import { comparisonsIn } from '../conditions/comparisons.ts';
import type { Condition } from '../conditions/conditions.ts';
import { tiesRow } from '../conditions/disjuncts.ts';
import { isAlwaysTrue, isNeverTrue } from '../conditions/truth.ts';
import { byPolicy, decisions, grantees, reachedTables, whoMay, type Decision } from '../exposed.ts';
import { namedRelation } from '../named-relations.ts';
import { isHiding, isPublishing, personalColumns, principalColumns, sharedColumns } from '../principal.ts';
import { isSetByTrigger } from '../set-by-trigger.ts';
import { COMMANDS, type RowCommand, type SurveyedPolicy, type SurveyedRelation } from '../survey.ts';
import { listed } from '../words.ts';

export const policyObject = ({ relation: { schema, name: table }, name }: SurveyedPolicy) =>
  partObject('policy', { schema, table, name });

const dropPolicy = ({ relation, name }: SurveyedPolicy) =>
  `DROP POLICY ${quoteIdentifier(name)} ON ${sqlName(relation)}`;

/** Permissive policies, each with the decisions in which it gives rows that no restrictive policy takes again. */
function giving(audited: Anywhere, gives: (decision: Decision) => boolean): [SurveyedPolicy, readonly Decision[]][] {
  const given = byPolicy(
    audited,
    (decision) =>
      decision.policy.permissive &&
      gives(decision) &&
      audited.reach
        .policies(decision.role, decision.table, decision.command)
        .every(
          (other) => other.permissive || isAlwaysTrue(audited.policyTruth(other, decision.command, decision.role)),
        ),
  );
  return [...given];
}

/** True for every row, and so written: by a constant, or by nothing but the role of the request. */
function isPlainlyTrue(audited: Anywhere, { policy, command, role }: Decision): boolean {
  const condition = audited.deciding(policy, command);
  if (!condition || !isAlwaysTrue(audited.truth(condition, policy.relation, role, 'any'))) return false;
  return (
    condition.text === 'true' ||
    (condition.columns.size === 0 && !isAlwaysTrue(audited.truth(condition, policy.relation, undefined, 'any')))
  );
}

/** Commands other than `select` that a policy lets a role use on every row. */
export const alwaysTrue: AnywhereRule = {
  id: 'always_true',
  topic: 'exposure',
  levels: ['error', 'warning', 'info'],
  subject: 'tables',
  why: 'The policy lets the role change every row, or write rows in the name of anyone.',
  otherLevelWhen:
    'where the role has a token and no column says whose row it is; only for information where the role can do nothing but add rows, or where the policy names it and another role with a token reaches less of the table',
  fix: 'Compare a column of the row with a claim, or revoke the command.',
  find: (audited) =>
    giving(audited, (decision) => decision.command !== 'select' && isPlainlyTrue(audited, decision)).map(
      ([policy, given]) => ({
        level: levelOfWrite(audited, policy, given),
        object: policyObject(policy),
        problem: `is true for every row: ${listed(whoMay(given))}`,
        fix: fix('compare a column with a claim of the request'),
      }),
    ),
};

function levelOfWrite(audited: Anywhere, policy: SurveyedPolicy, given: readonly Decision[]) {
  const { relation } = policy;
  const principals = principalColumns(relation).filter((column) => !isSetByTrigger(audited, relation, column));
  const onlyAdds = given.every(
    ({ role, command }) => command === 'insert' && audited.extent(role, relation, 'select') !== 'all',
  );
  const writesPrincipal = given.some(({ role, command }) => {
    const access = audited.reach.access(role, relation).find((one) => one.command === command);
    return command === 'delete' || principals.some((column) => access?.columns?.includes(column) ?? true);
  });
  if (onlyAdds && (principals.length === 0 || !writesPrincipal)) return 'info';
  if (given.every((decision) => isOfAdministrators(audited, decision))) return 'info';
  if (namesKeepers(audited, policy, given)) return 'info';
  return principals.length > 0 || given.some(({ role }) => role === audited.scope.anonymous) ? 'error' : 'warning';
}

/** True for a role that the policy names, and that inherits another role for which the table has a narrower policy. */
function isOfAdministrators(audited: Anywhere, { policy, table, role, command }: Decision): boolean {
  return audited.reach
    .policies(role, table, command)
    .some(
      (other) =>
        other.permissive &&
        isWiderByIntent(policy, other, role) &&
        isNarrower(audited, other, { policy, table, role, command }),
    );
}

/** The policy names roles that look after a table, of which another role of tokens reaches less. */
function namesKeepers(audited: Anywhere, policy: SurveyedPolicy, given: readonly Decision[]): boolean {
  const { scope, reach } = audited;
  const keepers = given.map(({ role }) => role);
  if (policy.roles.includes('public') || keepers.some((role) => role === scope.anonymous)) return false;
  return given.every(({ command, table }) =>
    scope.roles.some(
      (role) =>
        role !== scope.anonymous &&
        !keepers.includes(role) &&
        COMMANDS.some((one) => reach.may(role, table, one)) &&
        !(reach.may(role, table, command) && audited.extent(role, table, command) === 'all'),
    ),
  );
}

export const publicRows: AnywhereRule = {
  id: 'public_rows',
  topic: 'exposure',
  levels: ['info', 'warning'],
  subject: 'tables',
  why: 'The policy shows every row to the role.',
  otherLevelWhen: 'where a column says whose row it is, and no other policy of the table keeps to it',
  fix: 'Leave it where the rows are meant for everyone. Else compare a column of the row with a claim.',
  find: (audited) =>
    giving(audited, (decision) => decision.command === 'select' && isPlainlyTrue(audited, decision)).map(
      ([policy, given]) => {
        const column = unkeptColumn(audited, policy, given);
        return {
          level: column === undefined ? 'info' : 'warning',
          object: policyObject(policy),
          problem: `shows every row to ${listed(given.map(({ role }) => role))}${column === undefined ? '' : `, whatever "${column}" is`}`,
          fix: fix('leave it where the rows are meant for everyone, else compare a column with a claim'),
        };
      },
    ),
};

/**
 * A column that says whose row it is although everyone sees it. That of a person is public where only its owner writes, and
 * where the grant names the columns to see.
 */
function unkeptColumn(audited: Anywhere, { relation }: SurveyedPolicy, given: readonly Decision[]): string | undefined {
  const columnwise = given.every(({ role }) =>
    audited.reach.access(role, relation).some(({ command, columns }) => command === 'select' && columns !== undefined),
  );
  if (columnwise) return undefined;
  const [shared] = sharedColumns(relation);
  if (shared !== undefined) return shared;
  const personal = personalColumns(relation);
  const ownWrites = relation.policies.some(
    (other) =>
      other.permissive &&
      other.command !== 'select' &&
      [audited.conditions.check(other), audited.conditions.using(other)].some(
        (condition) => condition?.readsClaims && personal.some((column) => condition.columns.has(column)),
      ),
  );
  return ownWrites ? undefined : personal[0];
}

export const tautology: AnywhereRule = {
  id: 'tautology',
  topic: 'exposure',
  levels: ['error'],
  subject: 'tables',
  why: 'The condition looks as if it decided, and is true for every row and every token.',
  fix: 'Take away the part that is always true.',
  find: (audited) =>
    giving(
      audited,
      ({ policy, command }) => isTautology(audited, policy, command) || comparesWithItself(audited, policy, command),
    ).map(([policy, given]) => {
      const whole = given.some(({ command }) => isTautology(audited, policy, command));
      return {
        object: policyObject(policy),
        problem: `${whole ? 'has a condition that is true for every row' : 'compares a column with itself'}: ${listed(whoMay(given))}`,
        fix: fix(whole ? 'take away the part that is always true' : 'write the name of the table before each column'),
      };
    }),
};

function isTautology(audited: Anywhere, policy: SurveyedPolicy, command: RowCommand): boolean {
  const condition = audited.deciding(policy, command);
  return (
    condition !== undefined &&
    condition.text !== 'true' &&
    isAlwaysTrue(audited.truth(condition, policy.relation, undefined, 'any'))
  );
}

/** In a sub-select, a name without its table is the inner one's, also where the outer one's is meant. */
function comparesWithItself(audited: Anywhere, policy: SurveyedPolicy, command: RowCommand): boolean {
  return comparisonsIn(audited.deciding(policy, command)?.expression).some(({ operator, left, right }) => {
    if (operator !== '=' || left?.kind !== 'ColumnRef' || right?.kind !== 'ColumnRef') return false;
    return namesOf(left.node['fields']).join('.') === namesOf(right.node['fields']).join('.');
  });
}

export const anonymousPasses: AnywhereRule = {
  id: 'anonymous_passes',
  topic: 'exposure',
  levels: ['error', 'warning'],
  subject: 'tables',
  why: 'Without the claims that it asks for, the condition is true for every row.',
  otherLevelWhen: 'where only tokens that lack the claim pass',
  fix: 'Write the condition so that it is not true where the claim is missing.',
  find: (audited) =>
    giving(
      audited,
      ({ policy, command, role }) =>
        isAlwaysTrue(audited.policyTruth(policy, command, role, 'none')) &&
        !isPlainlyTrue(audited, { policy, command, role, table: policy.relation }) &&
        !isTautology(audited, policy, command),
    ).map(([policy, given]) => {
      const isAnonymous = given.some(({ role }) => role === audited.scope.anonymous);
      return {
        level: isAnonymous ? 'error' : 'warning',
        object: policyObject(policy),
        problem: `is true for every row where a request has no claims: ${listed(whoMay(given))}`,
        fix: fix('write the condition so that it is not true where the claim is missing'),
      };
    }),
};

export const conditionUndone: AnywhereRule = {
  id: 'condition_undone',
  topic: 'exposure',
  levels: ['error'],
  subject: 'tables',
  why: 'Permissive policies add up. One that is true for every row leaves a narrower one without effect.',
  fix: 'Drop one of the two, or make the narrower one restrictive.',
  find: (audited) =>
    giving(audited, (decision) => {
      const { policy, table, role, command } = decision;
      if (!isAlwaysTrue(audited.policyTruth(policy, command, role, 'any'))) return false;
      return audited.reach.policies(role, table, command).some(
        (other) =>
          other !== policy &&
          other.permissive &&
          !isWiderByIntent(policy, other, role) &&
          // One for all commands beside one that shows every row: everyone reads, and some write.
          (other.command === command || policy.command === null) &&
          isNarrower(audited, other, decision),
      );
    }).map(([policy, given]) => ({
      object: policyObject(policy),
      problem: `is true for every row, so that narrower policies of the table do nothing: ${listed(whoMay(given))}`,
      fix: run(dropPolicy(policy), ', or make the narrower policy restrictive'),
    })),
};

/** A policy for a role by name, beside one for a role that it inherits: the role of those who see more. */
const isWiderByIntent = (policy: SurveyedPolicy, other: SurveyedPolicy, role: string) =>
  policy.roles.includes(role) && !other.roles.some((name) => name === role || name === 'public');

function isNarrower(audited: Anywhere, other: SurveyedPolicy, { command, role }: Decision): boolean {
  const found = audited.policyTruth(other, command, role, 'any');
  return !isAlwaysTrue(found) && !isNeverTrue(found);
}

export const checkWider: AnywhereRule = {
  id: 'check_wider',
  topic: 'exposure',
  levels: ['error'],
  subject: 'tables',
  why: 'Rows are read by a column, and written with any value of it: a role gives its rows to others, or adds rows to theirs.',
  fix: 'Compare the column in WITH CHECK too. Without WITH CHECK, Postgres takes USING for an update.',
  find: (audited) => {
    const kept = keptColumns(audited);
    const writing = byPolicy(
      audited,
      ({ command, policy }) => (command === 'insert' || command === 'update') && policy.permissive,
    );
    return [...writing].flatMap(([policy, met]): Found[] => {
      const check = audited.conditions.check(policy);
      if (!check) return [];
      const lost = met.flatMap((decision) => {
        const column = lostColumn(audited, decision, check, kept);
        return column === undefined ? [] : [{ role: decision.role, column }];
      });
      const [first] = lost;
      if (!first) return [];
      const using = audited.conditions.using(policy);
      const name = `${quoteIdentifier(policy.name)} ON ${sqlName(policy.relation)}`;
      const sql = using?.columns.has(first.column) ? [`ALTER POLICY ${name} WITH CHECK (${using.text})`] : [];
      return [
        {
          object: policyObject(policy),
          problem: `lets ${listed([...new Set(lost.map(({ role }) => role))])} write any value of "${first.column}", by which rows are read`,
          fix: fix(`compare "${first.column}" in WITH CHECK too`, ...sql),
        },
      ];
    });
  },
};

/** Columns by which the policies of a table tie rows to claims, for each role: when it reads, and when it changes rows. */
function keptColumns(
  audited: Anywhere,
): (table: SurveyedRelation, role: string, command: RowCommand) => ReadonlySet<string> {
  const found = new Map<string, Set<string>>();
  for (const { table, role, command, policy } of decisions(audited)) {
    const condition = command === 'insert' ? undefined : audited.deciding(policy, command);
    if (!condition || !policy.permissive) continue;
    const columns = audited
      .alternatives(condition, table)
      .flatMap((parts) => parts.filter((part) => part.readsClaims && tiesRow(part)))
      .flatMap((part) => part.columns);
    const key = `${table.id} ${role} ${command}`;
    found.set(key, new Set([...(found.get(key) ?? []), ...columns]));
  }
  const none = new Set<string>();
  return (table, role, command) => found.get(`${table.id} ${role} ${command}`) ?? none;
}

/** A column that the role may write with any value, although it finds rows by it. */
function lostColumn(
  audited: Anywhere,
  { policy, table, role, command }: Decision,
  check: Condition,
  kept: ReturnType<typeof keptColumns>,
): string | undefined {
  const access = audited.reach.access(role, table).find((one) => one.command === command);
  const restricting = audited.reach
    .policies(role, table, command)
    .flatMap((other) => (other.permissive ? [] : (audited.conditions.check(other) ?? [])));
  const bound = new Set([check, ...restricting].flatMap((condition) => [...condition.columns]));
  const isFree = (column: string) =>
    !bound.has(column) && (access?.columns?.includes(column) ?? true) && !isSetByTrigger(audited, table, column);
  const principals = principalColumns(table);
  const readBy = [...kept(table, role, 'select')].filter((column) => sharedColumns(table).includes(column));
  if (command === 'insert') {
    // One that is always true is a finding of its own.
    return check.readsClaims ? readBy.find(isFree) : undefined;
  }
  const changedBy = [...kept(table, role, 'update')].filter(
    (column) => principals.includes(column) || policy.check !== null,
  );
  return [...changedBy, ...readBy].find((column) => (policy.check !== null || check.readsClaims) && isFree(column));
}

export const unscopedColumn: AnywhereRule = {
  id: 'unscoped_column',
  topic: 'exposure',
  levels: ['warning', 'error'],
  subject: 'tables',
  why: 'The policy gives rows without asking whose they are, although other policies do, or the table that it looks up does.',
  otherLevelWhen: 'where it asks for no claim either',
  fix: 'Compare the column that says whose row it is in this policy too.',
  find: (audited) => {
    const kept = keptColumns(audited);
    return giving(audited, (decision) => loose(audited, decision, kept) !== undefined).map(([policy, given]) => {
      const { problem, level } = loose(audited, given[0]!, kept)!;
      return {
        level,
        object: policyObject(policy),
        problem: `${problem}: ${listed(whoMay(given))}`,
        fix: fix('compare the column that says whose row it is in this policy too'),
      };
    });
  },
};

/** Why an alternative of a policy gives rows of everyone; undefined where it does not, or is true for every row. */
function loose(
  audited: Anywhere,
  { policy, table, role, command }: Decision,
  kept: ReturnType<typeof keptColumns>,
): { problem: string; level: 'warning' | 'error' } | undefined {
  const condition = audited.deciding(policy, command);
  if (!condition || isAlwaysTrue(audited.truth(condition, table, role, 'any'))) return undefined;
  const lookedUp = condition.tables.flatMap((name) => namedRelation(audited, name) ?? []);
  for (const parts of audited.alternatives(condition, table)) {
    if (parts.some(tiesRow)) continue;
    const readsClaims = parts.some((part) => part.readsClaims);
    const columns = parts.flatMap((part) => part.columns);
    if (parts.some(({ looksUp }) => looksUp) && columns.length === 0) {
      if (!readsClaims && lookedUp.length > 0) {
        const { schema, name } = lookedUp[0]!;
        return { problem: `asks only whether ${schema}.${name} has a row, not whose it is`, level: 'error' };
      }
      const same = lookedUp.flatMap((other) => commonKeys(table, other))[0];
      if (same !== undefined)
        return { problem: `looks up "${same}" of somebody, and does not compare it with the row's`, level: 'warning' };
      continue;
    }
    if (readsClaims || columns.length === 0) continue;
    // What is published is read by everyone, and not written by everyone.
    const writes = command === 'update' || command === 'delete';
    if (!writes && columns.some(isPublishing)) continue;
    const own = columns.some(isHiding) ? principalColumns(table) : sharedColumns(table);
    const readers = columns.some(isHiding) ? audited.scope.roles : [role];
    const lost = [
      ...readers.flatMap((one) => [...kept(table, one, command)]),
      ...(writes ? kept(table, role, 'select') : []),
    ].find((column) => (writes || own.includes(column)) && !columns.includes(column));
    if (lost !== undefined) return { problem: `does not keep to "${lost}", as another policy does`, level: 'warning' };
  }
  return undefined;
}

/** Columns that say the same of two tables: keys of a third one, such as `project_id`. */
function commonKeys(table: SurveyedRelation, other: SurveyedRelation): string[] {
  const names = new Set(other.columns.map(({ name }) => name));
  return table.columns
    .map(({ name }) => name)
    .filter((name) => names.has(name) && /.(?:_id|_key|Id)$/.test(name) && !personalColumns(table).includes(name));
}

export const deadPolicy: AnywhereRule = {
  id: 'dead_policy',
  topic: 'exposure',
  levels: ['info'],
  subject: 'tables',
  why: 'The policy has no effect: it is never true, or no role that it names has a grant for its command.',
  fix: 'Drop it, or grant what it is for.',
  find: (audited) => {
    const met = byPolicy(audited);
    return reachedTables(audited)
      .filter(({ row_security }) => row_security)
      .flatMap(({ policies }) => policies)
      .flatMap((policy): Found[] => {
        if (
          policy.roles.some((role) => audited.scope.services.includes(role) || servesElsewhere(audited, policy, role))
        )
          return [];
        const given = met.get(policy) ?? [];
        const never = given.every(({ command, role }) =>
          isNeverTrue(audited.policyTruth(policy, command, role, 'any')),
        );
        if (!policy.permissive || !never) return [];
        return [
          {
            object: policyObject(policy),
            problem: given.length === 0 ? 'binds no role of requests that may use its command' : 'is never true',
            fix: run(dropPolicy(policy), given.length === 0 ? ', or grant what it is for' : ''),
          },
        ];
      });
  },
};

/** A named role that is none of requests, and that meets the policy: functions with the owner's rights, jobs. */
function servesElsewhere({ scope, reach }: Anywhere, { relation, command }: SurveyedPolicy, role: string): boolean {
  if (role === 'public' || scope.roles.includes(role)) return false;
  if (role === relation.owner) return relation.force_row_security;
  return (command === null ? COMMANDS : [command]).some((one) => reach.may(role, relation, one));
}

export const duplicatePolicy: AnywhereRule = {
  id: 'duplicate_policy',
  topic: 'speed',
  levels: ['info'],
  subject: 'tables',
  why: 'Two policies say the same. Postgres evaluates both.',
  fix: 'Drop one of them.',
  find: (audited) =>
    reachedTables(audited).flatMap(({ policies }) => {
      const first = new Map<string, SurveyedPolicy>();
      return policies.flatMap((policy): Found[] => {
        const key = JSON.stringify([
          policy.command,
          policy.permissive,
          [...policy.roles].sort(),
          policy.using,
          policy.check,
        ]);
        const same = first.get(key);
        if (!same) {
          first.set(key, policy);
          return [];
        }
        return [
          {
            object: policyObject(policy),
            problem: `says the same as policy ${same.name}`,
            fix: run(dropPolicy(policy)),
          },
        ];
      });
    }),
};

export const updateWithoutSelect: AnywhereRule = {
  id: 'update_without_select',
  topic: 'failure',
  levels: ['info'],
  subject: 'tables',
  why: 'Postgres changes only rows that the role may also read. It reads none, so its requests change nothing.',
  fix: 'Write a policy for SELECT as well.',
  find: (audited) =>
    reachedTables(audited)
      .filter(({ row_security }) => row_security)
      .flatMap((table): Found[] => {
        const blind = grantees(audited, table).filter(
          ([role, commands]) =>
            commands.some(
              (command) => ['update', 'delete'].includes(command) && audited.extent(role, table, command) !== 'none',
            ) && audited.extent(role, table, 'select') === 'none',
        );
        if (blind.length === 0) return [];
        return [
          {
            object: relationObject(table),
            problem: `lets ${listed(blind.map(([role]) => role))} change rows of which it reads none`,
            fix: fix('write a policy for SELECT as well'),
          },
        ];
      }),
};

export const severalPermissive: AnywhereRule = {
  id: 'several_permissive',
  topic: 'speed',
  levels: ['info'],
  subject: 'tables',
  why: 'Postgres evaluates each permissive policy of the role for every row, until one is true.',
  fix: 'Make one policy of them, with OR.',
  find: (audited) => {
    const byTable = new Map<SurveyedRelation, Map<string, Decision[]>>();
    for (const decision of decisions(audited).filter(({ policy }) => policy.permissive)) {
      const { table, role, command } = decision;
      const ofTable = byTable.get(table) ?? new Map<string, Decision[]>();
      byTable.set(table, ofTable.set(`${role} ${command}`, [...(ofTable.get(`${role} ${command}`) ?? []), decision]));
    }
    return [...byTable].flatMap(([table, ofTable]): Found[] => {
      const several = [...ofTable.values()].filter(({ length }) => length > 1).map(([first]) => first!);
      if (several.length === 0) return [];
      return [
        {
          object: relationObject(table),
          problem: `has several permissive policies where ${listed(whoMay(several))}`,
          fix: fix('make one policy of them, with OR'),
        },
      ];
    });
  },
};

export const rlsNotForced: AnywhereRule = {
  id: 'rls_not_forced',
  topic: 'exposure',
  levels: ['error'],
  subject: 'tables',
  why: "The role has the rights of the table's owner, whom no policy binds.",
  fix: 'Force row security, or give the table to a role of which no request has the rights.',
  find: (audited) =>
    reachedTables(audited)
      .filter(({ row_security, force_row_security }) => row_security && !force_row_security)
      .flatMap((table): Found[] => {
        const owners = audited.scope.roles.filter(
          (role) => audited.reach.identities(role).has(table.owner) && audited.reach.usesSchema(role, table.schema),
        );
        if (owners.length === 0) return [];
        return [
          {
            object: relationObject(table),
            problem: `does not bind its owner, whose rights ${listed(owners)} ${owners.length > 1 ? 'have' : 'has'}`,
            fix: run(`ALTER TABLE ${sqlName(table)} FORCE ROW LEVEL SECURITY`),
          },
        ];
      }),
};
