import { namesIn } from '../../../postgres/catalog/body-names.ts';
import { fix } from '../../fix.ts';
import type { Found } from '../../rule.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import type { Anywhere } from '../anywhere.ts';
import { columnName, comparisonsIn } from '../conditions/comparisons.ts';
import { isAlwaysTrue, isNeverTrue } from '../conditions/truth.ts';
import { byPolicy, type Decision } from '../exposed.ts';
import { namedRelation } from '../named-relations.ts';
import { onceFor } from '../once.ts';
import type { SurveyedFunction, SurveyedPolicy, SurveyedRelation } from '../survey.ts';
import { listed } from '../words.ts';
import { policyObject } from './policies.ts';
import { readsClaims } from './claims.ts';

/** A table that a policy looks up, and the function that does. */
interface Lookup {
  readonly table: SurveyedRelation;
  readonly through?: SurveyedFunction;
}

/** Tables that a policy looks up: in its sub-selects and in functions that it calls, with the rights that they are read with. */
const lookups = onceFor((audited, { policy, command }: Decision): readonly Lookup[] => {
  const condition = audited.deciding(policy, command);
  if (!condition) return [];
  const direct = condition.tables.flatMap((name) => namedRelation(audited, name) ?? []);
  const functions = new Set(condition.functions);
  for (const fn of functions) for (const called of audited.texts.calledBy(fn)) functions.add(called);
  return [
    ...direct.map((table) => ({ table })),
    ...[...functions].flatMap((through) =>
      [
        ...through.reads,
        ...namesIn(audited.texts.bodyOf(through)).tables.flatMap(({ schema, name }) => {
          const schemas = schema === undefined ? [through.schema, ...audited.scope.schemas, 'public'] : [schema];
          return schemas.flatMap((one) => namedRelation(audited, { schema: one, name }) ?? []).slice(0, 1);
        }),
      ].map((table) => ({ table, through })),
    ),
  ];
});

export const policyReadsWritable: AnywhereRule = {
  id: 'policy_reads_writable',
  topic: 'exposure',
  levels: ['error'],
  subject: 'tables',
  why: 'The policy looks up rights in a table into which the same role writes what it likes. It gives itself the rights.',
  fix: 'Keep the role from writing there, or let a policy decide on every column that the lookup compares.',
  find: (audited) => {
    return [...byPolicy(audited, ({ policy }) => policy.permissive)].flatMap(([policy, met]): Found[] => {
      const holes = met.flatMap((decision) => {
        const { role } = decision;
        return lookups(audited, decision)
          .filter(({ table }) => table !== policy.relation && (table.kind === 'r' || table.kind === 'p'))
          .filter(
            ({ table }) =>
              audited.deciding(policy, decision.command)?.readsClaims && writesFreely(audited, role, table),
          )
          .map(({ table }) => ({ role, table }));
      });
      const [first] = holes;
      if (!first) return [];
      return [
        {
          object: policyObject(policy),
          problem: `looks up rights in ${first.table.schema}.${first.table.name}, into which ${listed([...new Set(holes.map(({ role }) => role))])} may write them`,
          fix: fix('keep the role from writing there, or let a policy decide on every column that the lookup compares'),
        },
      ];
    });
  },
};

/**
 * True if a role may add a row that says something of it, or change one, and no policy decides on more than whose row it is:
 * it then chooses the rest, such as the team or the level.
 */
function writesFreely(audited: Anywhere, role: string, table: SurveyedRelation): boolean {
  if (!audited.reach.isExposed(table)) return false;
  return (['insert', 'update'] as const).some((command) => {
    const access = audited.reach.access(role, table).find((one) => one.command === command);
    if (!access) return false;
    if (audited.reach.isUnbound(role, table)) return true;
    const policies = audited.reach.policies(role, table, command);
    const restricts = policies.some((policy) => {
      const check = policy.permissive ? undefined : audited.conditions.check(policy);
      return check !== undefined && !isAlwaysTrue(audited.truth(check, table, role));
    });
    if (restricts) return false;
    return policies
      .filter(({ permissive }) => permissive)
      .some((policy) => {
        const check = audited.conditions.check(policy);
        if (!check || isNeverTrue(audited.truth(check, table, role, 'any'))) return false;
        if (isAlwaysTrue(audited.truth(check, table, role, 'any'))) return true;
        // A lookup of its own decides on what is written.
        if (check.tables.length > 0 || check.functions.some((fn) => fn.arguments.length > 0)) return false;
        const own = comparisonsIn(check.expression)
          .filter(({ left, right }) => [left, right].some((side) => readsClaims(audited, side)))
          .flatMap(({ left, right }) => columnName(left) ?? columnName(right) ?? []);
        const free = table.columns.filter(
          ({ name, generated }) =>
            !generated &&
            !check.columns.has(name) &&
            (access.columns?.includes(name) ?? true) &&
            isRight(name, table) &&
            !isKeptByTrigger(audited, table, name),
        );
        return own.length > 0 && free.length > 0;
      });
  });
}

/** A trigger rejects another value of a column, or writes its own. */
function isKeptByTrigger({ texts }: Anywhere, { triggers }: SurveyedRelation, column: string): boolean {
  const name = column.replace(/[^\w]/g, '\\$&');
  return triggers.some(({ enabled, function: fn }) => {
    if (!enabled || !fn) return false;
    const body = texts.bodyOf(fn);
    const compares = new RegExp(`\\bnew\\."?${name}"?\\s*(?:<>|!=|is\\s+distinct\\s+from)\\s*old\\.`, 'i').test(body);
    return (compares && /\braise\b/i.test(body)) || new RegExp(`\\bnew\\."?${name}"?\\s*:?=\\s*old\\.`, 'i').test(body);
  });
}

/** Columns that say what a member may reach: another key than its own, or a level. */
function isRight(name: string, { references }: SurveyedRelation): boolean {
  return (
    /role|level|admin|permission|team|org|tenant|group|workspace|project|company|account|plan|tier/i.test(name) ||
    references.some(({ columns }) => columns.includes(name) && !/user|member|profile/i.test(name))
  );
}

export const recursivePolicy: AnywhereRule = {
  id: 'recursive_policy',
  topic: 'failure',
  levels: ['warning'],
  subject: 'tables',
  why: "The policy reads its own table with the caller's rights, by itself, a function or the policy of another table. Postgres ends the request.",
  fix: "Read the table in a SECURITY DEFINER function whose owner no policy binds, and which asks only for the caller's own rows.",
  find: (audited) => {
    const reading = byPolicy(audited, ({ command }) => command === 'select');
    const reads = new Map<string, SurveyedRelation[]>();
    for (const decision of [...reading.values()].flat()) {
      const key = `${decision.role} ${decision.table.id}`;
      const below = lookups(audited, decision)
        .filter(({ through }) => !through?.security_definer)
        .flatMap(({ table }) => belowViews(table));
      reads.set(key, [...(reads.get(key) ?? []), ...below]);
    }
    const returns = (start: SurveyedRelation, role: string) => {
      const visited = new Set(reads.get(`${role} ${start.id}`) ?? []);
      for (const table of visited) {
        if (table === start) return true;
        if (audited.reach.isUnbound(role, table)) continue;
        for (const next of reads.get(`${role} ${table.id}`) ?? []) visited.add(next);
      }
      return false;
    };
    return [...reading].flatMap(([policy, met]): Found[] => {
      const failing = met.filter(
        (decision) =>
          lookups(audited, decision).some(({ through }) => !through?.security_definer) &&
          returns(policy.relation, decision.role),
      );
      if (failing.length === 0) return [];
      return [
        {
          object: policyObject(policy),
          problem: `reads its own table again: each SELECT of ${listed([...new Set(failing.map(({ role }) => role))])} fails`,
          fix: fix("read the table in a SECURITY DEFINER function that asks only for the caller's own rows"),
        },
      ];
    });
  },
};

/** A table, or those below a view that keeps to the reader's rights. */
function belowViews(relation: SurveyedRelation): SurveyedRelation[] {
  if (relation.kind !== 'v') return [relation];
  return relation.security_invoker ? relation.reads.flatMap(belowViews) : [];
}

export const failingPolicy: AnywhereRule = {
  id: 'failing_policy',
  topic: 'failure',
  levels: ['warning'],
  subject: 'tables',
  why: "A policy runs with the caller's rights. Where the caller may not read a table or call a function in it, every request fails.",
  fix: 'Grant what the policy needs, or move the lookup into a SECURITY DEFINER function.',
  find: (audited) => {
    return [...byPolicy(audited)].flatMap(([policy, met]): Found[] => {
      const problems = met.flatMap(({ role, command }) => {
        const condition = audited.deciding(policy, command);
        const missing = missingRight(audited, role, condition);
        return missing === undefined ? [] : [{ role, missing }];
      });
      const [first] = problems;
      if (!first) return [];
      return [
        {
          object: policyObject(policy),
          problem: `needs ${first.missing}, which ${listed([...new Set(problems.map(({ role }) => role))])} may not: requests fail`,
          fix: fix('grant it, or move the lookup into a SECURITY DEFINER function'),
        },
      ];
    });
  },
};

function missingRight(
  audited: Anywhere,
  role: string,
  condition: ReturnType<Anywhere['deciding']>,
): string | undefined {
  const { reach } = audited;
  // Names were resolved when the policy was made: USAGE on their schemas is not asked.
  for (const { schema, name } of condition?.tables ?? []) {
    const relation = namedRelation(audited, { schema, name });
    if (!relation || reach.holds(role, relation, 'SELECT') || reach.identities(role).has('pg_read_all_data')) continue;
    const some = relation.columns.some((column) =>
      reach.holds(role, { owner: relation.owner, grants: column.grants }, 'SELECT'),
    );
    if (!some) return `SELECT on ${schema}.${name}`;
  }
  const closed = condition?.functions.find((fn) => !reach.holds(role, fn, 'EXECUTE'));
  return closed && `EXECUTE on ${closed.signature}`;
}

/** A policy that decides by a bucket's rows. */
export const storageBucket: AnywhereRule = {
  id: 'storage_bucket',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'tables',
  why: 'A policy on `storage.objects` that names no bucket is for the files of every bucket, also those that are made later.',
  fix: 'Compare `bucket_id` in the policy.',
  find: (audited) =>
    audited.survey.relations
      .filter(({ schema, name, row_security }) => schema === 'storage' && name === 'objects' && row_security)
      .flatMap(({ policies }) => policies)
      .flatMap((policy): Found[] => {
        const object = policyObject(policy);
        if (isOpenToBuckets(audited, policy)) {
          const problem = 'names no bucket, so it is for the files of every one';
          return [{ object, problem, fix: fix('compare bucket_id in the policy') }];
        }
        if (!listsBucket(audited, policy)) return [];
        const problem = 'lets requests without a token list every file of a bucket';
        return [{ object, problem, fix: fix('drop it where the bucket is public: its files need no policy') }];
      }),
};

/** True for a policy that shows everyone the names of all files in a bucket. */
function listsBucket({ conditions, scope, reach }: Anywhere, policy: SurveyedPolicy): boolean {
  const using = conditions.using(policy);
  const { anonymous } = scope;
  if (!using || !policy.permissive || anonymous === undefined) return false;
  const isFor = policy.roles.some((name) => reach.identities(anonymous).has(name));
  const onlyBucket = [...using.columns].every((column) => column === 'bucket_id');
  return (
    isFor && (policy.command ?? 'select') === 'select' && onlyBucket && !using.readsClaims && using.tables.length === 0
  );
}

/** A restrictive policy keeps all roles of a policy to some buckets. */
function isNarrowed({ conditions, reach, scope }: Anywhere, policy: SurveyedPolicy): boolean {
  return scope.roles
    .filter((role) => policy.roles.some((name) => reach.identities(role).has(name)))
    .every((role) =>
      policy.relation.policies.some(
        (other) =>
          !other.permissive &&
          (other.command === null || other.command === policy.command) &&
          other.roles.some((name) => reach.identities(role).has(name)) &&
          conditions.using(other)?.columns.has('bucket_id'),
      ),
    );
}

function isOpenToBuckets(audited: Anywhere, policy: SurveyedPolicy): boolean {
  const conditions = [audited.conditions.using(policy), audited.conditions.check(policy)].filter(
    (one) => one !== undefined,
  );
  const roles = audited.scope.roles.filter((role) =>
    policy.roles.some((name) => audited.reach.identities(role).has(name)),
  );
  if (!policy.permissive || roles.length === 0 || conditions.length === 0) return false;
  return conditions.some(
    (condition) =>
      !condition.columns.has('bucket_id') &&
      !isNarrowed(audited, policy) &&
      roles.some((role) => !isNeverTrue(audited.truth(condition, policy.relation, role, 'any'))) &&
      // Who owns a file is the same in every bucket.
      !(condition.readsClaims && ['owner', 'owner_id'].some((column) => condition.columns.has(column))),
  );
}
