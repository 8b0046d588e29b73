import type pg from 'pg';
import { checkCondition, renderCondition } from '../../declaration/custom-sql.ts';
import { SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import type { Declaration, SqlSource } from '../../declaration/types.ts';
import type { FoundObjects, FoundPolicy, FoundRelation } from '../database/found.ts';
import { groupBy } from '../../audit/group-by.ts';
import type { RecognisedPolicy } from '../project/policies.ts';
import { plainName, shownName } from '../project/written-name.ts';
import type { ClaimFunctions, ReadClaim } from './claim-expression.ts';
import { expressionFunctions } from './claim-functions.ts';
import type { ProposalContext } from './condition-parts.ts';
import { customText } from './custom-text.ts';
import { parseExpression, type Expression } from '../../postgres/expressions/parse-expression.ts';
import { propose } from './propose.ts';
import { isEqual } from './prove.ts';
import { readsOf } from './reads.ts';
import type { Alternative, Recognised, Template } from './template.ts';

/** Context of all policies of a database. */
interface Setting {
  readonly client: pg.ClientBase;
  /** A declaration with the schemas alone. */
  readonly frame: Declaration;
  readonly objects: FoundObjects;
  readonly functions: ClaimFunctions;
  readonly tables: ReadonlyMap<string, FoundRelation>;
  /** Every condition of the database, parsed once. */
  readonly parsed: ReadonlyMap<string, Expression | undefined>;
  /** Results of earlier proofs. */
  readonly proven: Map<string, boolean>;
  /** Texts of conditions by their file. */
  readonly files: Map<string, string>;
}

/** Finds templates for policies, which the server shows to be equal; the other policies keep their conditions. By table. */
export async function recognisePolicies(
  client: pg.ClientBase,
  frame: Declaration,
  objects: FoundObjects,
): Promise<ReadonlyMap<string, readonly RecognisedPolicy[]>> {
  const conditions = objects.policies.flatMap(({ using, check }) => [using, check]).filter((text) => text !== null);
  const parsed = await Promise.all(
    [...new Set(conditions)].map(async (text) => [text, await parseExpression(text)] as const),
  );
  const setting: Setting = {
    client,
    frame,
    objects,
    functions: await expressionFunctions(objects.functions),
    tables: new Map(objects.relations.map((relation) => [shownName(relation), relation])),
    parsed: new Map(parsed),
    proven: new Map(),
    files: new Map(),
  };
  const recognised: RecognisedPolicy[] = [];
  // One after the other: they share a session.
  for (const policy of objects.policies) recognised.push(await recognisePolicy(policy, setting));
  return groupBy(recognised, ({ policy: { schema, table: name } }) => shownName({ schema, name }));
}

async function recognisePolicy(policy: FoundPolicy, setting: Setting): Promise<RecognisedPolicy> {
  const { using, check } = policy;
  const isDifferent = using !== null && check !== null && using !== check;
  const only = using ?? check ?? 'true';
  const custom = await customPolicy(policy, setting);
  if (!isDifferent) return { policy, custom: (await templatesFor(only, policy, setting)) ?? custom };
  const [usual, written] = [await templatesFor(using, policy, setting), await templatesFor(check, policy, setting)];
  if (!usual && !written) return { policy, custom };
  return {
    policy,
    using: usual ?? (await customCondition(using, '', policy, setting)),
    check: written ?? (await customCondition(check, '_check', policy, setting)),
    custom,
  };
}

async function templatesFor(condition: string, policy: FoundPolicy, setting: Setting): Promise<Recognised | undefined> {
  const { tables, parsed, functions, client, frame, proven } = setting;
  const relation = tables.get(shownName({ schema: policy.schema, name: policy.table }));
  const expression = parsed.get(condition);
  if (!relation || !expression) return undefined;
  const alternatives: { role: string; template: Template }[] = [];
  for (const role of rolesOf(policy, relation)) {
    const context: ProposalContext = {
      relation,
      restrictive: !policy.permissive,
      role,
      functions,
      exposed: frame.schemas,
      tableOf: (name) => tables.get(name),
      seesOwn: (table, member, claim) => seesOwn(setting, { table, member, claim, role }),
    };
    const templates = propose(expression, context);
    if (!templates) return undefined;
    const reads = readsOf(expression, templates, { relation, functions, tableOf: context.tableOf });
    if (!reads) return undefined;
    const equation = { relation, condition, templates, restrictive: !policy.permissive, role, ...reads };
    const readsRole = reads.claims.some((path) => path.join() === 'role');
    const key = JSON.stringify([shownName(relation), condition, templates, policy.permissive, readsRole && role]);
    let equal = proven.get(key);
    if (equal === undefined) proven.set(key, (equal = await isEqual(client, frame, equation)));
    if (!equal) return undefined;
    // A restrictive policy that lets no row pass is no missing one.
    if (templates.length === 0 && !policy.permissive) return undefined;
    alternatives.push(...templates.map((template) => ({ role, template })));
  }
  const groups = groupBy(alternatives, ({ template }) => JSON.stringify(template));
  return {
    alternatives: [...groups.values()].map((group): Alternative => ({
      template: group[0]!.template,
      roles: group.map(({ role }) => role),
    })),
  };
}

/** Roles whose requests the policy binds. */
function rolesOf({ roles }: FoundPolicy, { access }: FoundRelation): string[] {
  return roles.filter((role) => access.some((held) => held.role === role));
}

/** Tests if a role sees every row whose column is the claim: no policy of the table hides any. */
function seesOwn(
  { objects, functions, parsed, tables, frame }: Setting,
  { table, member, claim, role }: { table: FoundRelation; member: string; claim: ReadClaim; role: string },
): boolean {
  if (!table.access.some((held) => held.role === role && held.command === 'select')) return false;
  if (!table.row_security || table.unbound_roles.includes(role)) return true;
  const binding = objects.policies.filter(
    (policy) =>
      policy.schema === table.schema &&
      policy.table === table.name &&
      policy.roles.includes(role) &&
      policy.commands.includes('select'),
  );
  if (binding.some(({ permissive }) => !permissive)) return false;
  return binding.some(({ using }) => {
    const expression = parsed.get(using ?? '');
    const context: ProposalContext = {
      relation: table,
      restrictive: false,
      role,
      functions,
      exposed: frame.schemas,
      tableOf: (name) => tables.get(name),
      // A table whose policy reads memberships itself is not followed further.
      seesOwn: () => false,
    };
    const templates = expression ? propose(expression, context) : undefined;
    return templates?.some(
      (template) =>
        template.kind === 'all-rows' ||
        (template.kind === 'own-rows' &&
          template.column === member &&
          [template.claim].flat().join('\0') === claim.path.join('\0')),
    );
  });
}

/** The policy with its conditions as they are. */
async function customPolicy(policy: FoundPolicy, setting: Setting): Promise<Recognised> {
  const { using, check } = policy;
  const one = await customCondition(using ?? check ?? 'true', '', policy, setting);
  if (using === null || check === null || using === check || 'problem' in one) return one;
  const other = await customCondition(check, '_check', policy, setting);
  if ('problem' in other) return other;
  const [first, second] = [one, other].map(({ alternatives }) => alternatives[0]!.template);
  if (first?.kind !== 'custom' || second?.kind !== 'custom') return one;
  return { alternatives: [{ template: { kind: 'custom', using: first.using, check: second.using } }] };
}

async function customCondition(
  condition: string,
  suffix: string,
  { schema, table, name }: FoundPolicy,
  { functions, frame, files }: Setting,
): Promise<{ alternatives: readonly Alternative[] } | { problem: string }> {
  const place = schema === frame.schemas[0] ? table : `${schema}_${table}`;
  const sql = `${await customText(condition, functions)}\n`;
  const file = fileOf(`policies/${plainName(`${place}_${name}`, 100)}${suffix}`, sql, files);
  const source: SqlSource = { file, sql };
  const problem = problemOf(source, frame);
  return problem === undefined ? { alternatives: [{ template: { kind: 'custom', using: source } }] } : { problem };
}

/** A file of its own for each text: the names of two policies may be the same in letters and digits. */
function fileOf(base: string, sql: string, files: Map<string, string>): string {
  let file = `${base}.sql`;
  for (let count = 2; (files.get(file) ?? sql) !== sql; count++) file = `${base}_${count}.sql`;
  files.set(file, sql);
  return file;
}

function problemOf(source: SqlSource, frame: Declaration): string | undefined {
  try {
    checkCondition({ ...source, sql: renderCondition(source, undefined, frame) });
    return undefined;
  } catch (error) {
    if (error instanceof SecuredPostgrestError) return error.problem;
    throw error;
  }
}
