import { quoteIdentifier } from '../../../postgres/quote.ts';
import { partObject, relationObject } from '../../finding-object.ts';
import { fix, run } from '../../fix.ts';
import { sqlName } from '../../relations.ts';
import type { Found } from '../../rule.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import type { Anywhere } from '../anywhere.ts';
import { isAlwaysTrue, isNeverTrue } from '../conditions/truth.ts';
import { byPolicy, decisions, grantees, reachedTables, whoMay, type Decision } from '../exposed.ts';
import { isPublishing, personalColumns, principalColumns, sharedColumns } from '../principal.ts';
import type { SurveyedPolicy, SurveyedRelation } from '../survey.ts';
import { listed } from '../words.ts';

export const policyObject = ({ relation: { schema, name: table }, name }: SurveyedPolicy) =>
  partObject('policy', { schema, table, name });

const dropPolicy = ({ relation, name }: SurveyedPolicy) =>
  `DROP POLICY ${quoteIdentifier(name)} ON ${sqlName(relation)}`;

/** Permissive policies, each with the decisions in which it gives rows that no restrictive policy takes again. */
function giving(audited: Anywhere, gives: (decision: Decision) => boolean): [SurveyedPolicy, readonly Decision[]][] {
  const given = decisions(audited).filter(
    (decision) =>
      decision.policy.permissive &&
      gives(decision) &&
      audited.reach
        .policies(decision.role, decision.table, decision.command)
        .every(
          (other) => other.permissive || isAlwaysTrue(audited.policyTruth(other, decision.command, decision.role)),
        ),
  );
  return [...byPolicy(given)];
}

/** True for every row, and so written: by a constant, or by nothing but the role of the request. */
function isPlainlyTrue(audited: Anywhere, { policy, command, role }: Decision): boolean {
  if (!isAlwaysTrue(audited.policyTruth(policy, command, role, 'any'))) return false;
  const condition = audited.deciding(policy, command)!;
  return condition.text === 'true' || !isAlwaysTrue(audited.truth(condition, policy.relation, undefined, 'any'));
}

/** Commands other than `select` that a policy lets a role use on every row. */
export const alwaysTrue: AnywhereRule = {
  id: 'always_true',
  topic: 'exposure',
  levels: ['error', 'warning', 'info'],
  subject: 'tables',
  why: 'The policy lets the role change every row, or write rows in the name of anyone.',
  otherLevelWhen:
    'where the role has a token and no column says whose row it is; only for information where the role can do nothing but add rows',
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

function levelOfWrite(audited: Anywhere, { relation }: SurveyedPolicy, given: readonly Decision[]) {
  const principals = principalColumns(relation);
  const onlyAdds = given.every(
    ({ role, command }) => command === 'insert' && audited.extent(role, relation, 'select') !== 'all',
  );
  const writesPrincipal = given.some(({ role, command }) => {
    const access = audited.reach.access(role, relation).find((one) => one.command === command);
    return command === 'delete' || principals.some((column) => access?.columns?.includes(column) ?? true);
  });
  if (onlyAdds && (principals.length === 0 || !writesPrincipal)) return 'info';
  return principals.length > 0 || given.some(({ role }) => role === audited.scope.anonymous) ? 'error' : 'warning';
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

/** A column that says whose row it is although everyone sees it. That of a person is public where only its owner writes. */
function unkeptColumn(audited: Anywhere, { relation }: SurveyedPolicy, given: readonly Decision[]): string | undefined {
  const [shared] = sharedColumns(relation);
  if (shared !== undefined) return shared;
  const [personal] = personalColumns(relation);
  const ownWrites = relation.policies.some(
    (other) =>
      other.command !== 'select' &&
      [...(audited.conditions.check(other)?.columns ?? []), ...(audited.conditions.using(other)?.columns ?? [])].some(
        (column) => personalColumns(relation).includes(column),
      ),
  );
  return ownWrites || given.length === 0 ? undefined : personal;
}

export const tautology: AnywhereRule = {
  id: 'tautology',
  topic: 'exposure',
  levels: ['error'],
  subject: 'tables',
  why: 'The condition looks as if it decided, and is true for every row and every token.',
  fix: 'Take away the part that is always true.',
  find: (audited) =>
    giving(audited, ({ policy, command }) => {
      const condition = audited.deciding(policy, command);
      return (
        condition !== undefined &&
        condition.text !== 'true' &&
        isAlwaysTrue(audited.truth(condition, policy.relation, undefined, 'any'))
      );
    }).map(([policy, given]) => ({
      object: policyObject(policy),
      problem: `has a condition that is true for every row: ${listed(whoMay(given))}`,
      fix: fix('take away the part that is always true'),
    })),
};

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
        !isAlwaysTrue(audited.policyTruth(policy, command, role, 'any')),
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

function isNarrower(audited: Anywhere, other: SurveyedPolicy, { command, role }: Decision): boolean {
  const found = audited.policyTruth(other, command, role, 'any');
  return !isAlwaysTrue(found) && !isNeverTrue(found);
}

export const checkWider: AnywhereRule = {
  id: 'check_wider',
  topic: 'exposure',
  levels: ['error'],
  subject: 'tables',
  why: 'The condition for the row as it was keeps to a column, and that for the row as it becomes does not. Rows are given to others.',
  fix: 'Leave WITH CHECK out, so that Postgres takes USING, or repeat the comparison in it.',
  find: (audited) => {
    const hops = decisions(audited).filter(({ command, policy }) => command === 'update' && policy.permissive);
    return [...byPolicy(hops)].flatMap(([policy, given]): Found[] => {
      const using = audited.conditions.using(policy);
      const check = audited.conditions.check(policy);
      if (!using?.readsClaims || !check || check === using) return [];
      const kept = [...using.columns].filter(
        (column) => principalColumns(policy.relation).includes(column) || !isPublishing(column),
      );
      const lost = check.readsClaims ? [] : kept.filter((column) => !check.columns.has(column));
      const bound = given.filter(({ role, table }) => {
        const access = audited.reach.access(role, table).find((one) => one.command === 'update');
        const writable = access?.columns;
        const restricted = audited.reach
          .policies(role, table, 'update')
          .some(
            (other) =>
              !other.permissive && !isAlwaysTrue(audited.truth(audited.conditions.check(other) ?? using, table, role)),
          );
        return !restricted && lost.some((column) => writable?.includes(column) ?? true);
      });
      if (bound.length === 0) return [];
      const name = `${quoteIdentifier(policy.name)} ON ${sqlName(policy.relation)}`;
      return [
        {
          object: policyObject(policy),
          problem: `lets ${listed([...new Set(bound.map(({ role }) => role))])} change "${lost[0]!}" of own rows to any value`,
          fix: run(`ALTER POLICY ${name} WITH CHECK (${using.text})`),
        },
      ];
    });
  },
};

export const unscopedColumn: AnywhereRule = {
  id: 'unscoped_column',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'tables',
  why: 'Other policies keep to a column of the tenant, and this one gives rows of every tenant.',
  fix: 'Compare the column with the claim in this policy too.',
  find: (audited) => {
    const scoped = new Set(
      decisions(audited)
        .filter(({ policy }) => policy.permissive)
        .flatMap(({ policy, command }) => {
          const condition = audited.deciding(policy, command);
          return condition?.readsClaims ? [...condition.columns] : [];
        }),
    );
    return giving(audited, ({ policy, command, table, role }) => {
      const condition = audited.deciding(policy, command);
      if (!condition || condition.readsClaims || audited.extent(role, table, command) !== 'some') return false;
      if ([...condition.columns].some(isPublishing) || condition.tables.length > 0) return false;
      return sharedColumns(table).some((column) => scoped.has(column) && !condition.columns.has(column));
    }).map(([policy, given]) => ({
      object: policyObject(policy),
      problem: `does not keep to "${sharedColumns(policy.relation)[0]!}", as other policies do: ${listed(whoMay(given))} rows of every tenant`,
      fix: fix('compare the column with the claim in this policy too'),
    }));
  },
};

export const deadPolicy: AnywhereRule = {
  id: 'dead_policy',
  topic: 'exposure',
  levels: ['info'],
  subject: 'tables',
  why: 'The policy has no effect: it is never true, or no role that it names has a grant for its command.',
  fix: 'Drop it, or grant what it is for.',
  find: (audited) => {
    const met = byPolicy(decisions(audited));
    return reachedTables(audited)
      .filter(({ row_security }) => row_security)
      .flatMap(({ policies }) => policies)
      .flatMap((policy): Found[] => {
        if (policy.roles.some((role) => audited.scope.services.includes(role))) return [];
        const given = met.get(policy) ?? [];
        const never = given.every(({ command, role }) =>
          isNeverTrue(audited.policyTruth(policy, command, role, 'any')),
        );
        if (!policy.permissive || !never) return [];
        return [
          {
            object: policyObject(policy),
            problem: given.length === 0 ? 'binds no role that may use its command' : 'is never true',
            fix: run(dropPolicy(policy), given.length === 0 ? ', or grant what it is for' : ''),
          },
        ];
      });
  },
};

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
