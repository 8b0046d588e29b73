import type { ConditionCheck, DesiredPolicy, DesiredFunction, DesiredAccess } from './desired-access.ts';
import { apiRoles } from '../declaration/roles.ts';
import { claimDefaultFunctions, claimDefaults } from './claim-defaults.ts';
import { claimIn, columnConditions, conditionsOf, membershipFunctionName, type Condition } from './condition.ts';
import { membershipTable } from '../declaration/membership-table.ts';
import { typeName } from '../declaration/claims.ts';
import { examineRequestFunction } from './examine-request.ts';
import { preRequestFunction } from './pre-request.ts';
import { revocationSql, type RevocationSql } from './revocation.ts';
import { raw } from '../postgres/statements.ts';
import { packageTemplate, render } from '../postgres/template.ts';
import type {
  Declaration,
  MembershipPolicy,
  Policy,
  PolicyStatement,
  QualifiedName,
  Table,
} from '../declaration/types.ts';

/** Renders the access SQL of a declaration, once: it is asked for again and again. */
export function desiredAccess(declaration: Declaration): DesiredAccess {
  const access = rendered.get(declaration) ?? renderAccess(declaration);
  rendered.set(declaration, access);
  return access;
}

const rendered = new WeakMap<Declaration, DesiredAccess>();

function renderAccess(declaration: Declaration): DesiredAccess {
  const everyone = apiRoles(declaration).map((role) => role.name);
  const revocation = revocationSql(declaration, everyone);
  return {
    managedSchemas: managedSchemas(declaration),
    functions: [
      ...privateFunctions(declaration, everyone, revocation),
      ...revocation.functions,
      // Last: a function in SQL can be made only if those that it calls are there.
      preRequestFunction(declaration, everyone),
    ],
    tables: revocation.tables,
    triggers: revocation.triggers,
    defaults: claimDefaults(declaration),
    policies: [
      ...declaration.tables.flatMap((table) =>
        table.policies.flatMap((policy) => renderPolicy(table, policy, declaration)),
      ),
      ...ownerPolicies(declaration),
    ],
  };
}

/** Schemas whose grants and policies are brought to exactly what is declared. */
export function managedSchemas({
  schemas,
  internalSchemas,
}: Pick<Declaration, 'schemas' | 'internalSchemas'>): readonly string[] {
  return [...schemas, ...internalSchemas];
}

function renderPolicy(table: Table, policy: Policy, declaration: Declaration): DesiredPolicy[] {
  const { using, check } = conditionsOf(policy.input, declaration);
  return policy.statements.map(({ name, command }) => {
    const clauses = clausesOf(command).map((clause) => ({ clause, condition: clause === 'USING' ? using : check }));
    const statement = policyStatement(
      { ...policy, table, name, command },
      // A line of its own, so that a comment at the end of a user's file ends there.
      clauses.map(({ clause, condition }) => `\n${clause} (${condition.sql}\n)`).join(''),
    );
    const conditions = new Set(clauses.map(({ condition }) => condition));
    const checks = [...conditions].flatMap((condition) => conditionChecks(table, condition));
    return { table: { schema: table.schema, name: table.name }, name, statement, checks, place: policy.place };
  });
}

function conditionChecks({ schema, name }: QualifiedName, { sql, source }: Condition): ConditionCheck[] {
  if (!source) return [];
  const statement = render(packageTemplate('compile/policy-check'), { schema, table: name, condition: raw(sql) });
  return [{ statement, source, offset: statement.indexOf(sql) }];
}

/** Clauses of a policy by command (documentation of CREATE POLICY, table "Policies Applied by Command Type"). */
function clausesOf(command: PolicyStatement['command']): readonly ('USING' | 'WITH CHECK')[] {
  switch (command) {
    case 'select':
    case 'delete':
      return ['USING'];
    case 'insert':
      return ['WITH CHECK'];
    case 'update':
    case 'all':
      return ['USING', 'WITH CHECK'];
  }
}

interface PolicyParts {
  readonly table: QualifiedName;
  readonly name: string;
  readonly command: PolicyStatement['command'];
  readonly roles: readonly string[];
  readonly restrictive: boolean;
}

function policyStatement({ table, name, command, roles, restrictive }: PolicyParts, clauses: string): string {
  return render(packageTemplate('compile/policy'), {
    policy: name,
    schema: table.schema,
    table: table.name,
    mode: raw(restrictive ? 'RESTRICTIVE' : 'PERMISSIVE'),
    command: raw(command.toUpperCase()),
    roles,
    clauses: raw(clauses),
  }).trim();
}

/**
 * The membership functions run as the owner, whom FORCE ROW LEVEL SECURITY binds as well: it may read the membership
 * tables, and nothing else.
 */
function ownerPolicies(declaration: Declaration): DesiredPolicy[] {
  const tables = new Map<string, QualifiedName>();
  for (const { policy } of membershipPolicies(declaration)) {
    const table = membershipTable(policy, declaration);
    tables.set(`${table.schema}.${table.name}`, table);
  }
  return [...tables.values()].map((table) => {
    const name = 'memberships_are_read_by_owner';
    const parts = { table, name, command: 'select', roles: [declaration.owner], restrictive: false } as const;
    return {
      table,
      name,
      statement: policyStatement(parts, '\nUSING (true)'),
      checks: [],
      place: `${table.schema}.${table.name}`,
    };
  });
}

function membershipPolicies(declaration: Declaration): { policy: MembershipPolicy; place: string }[] {
  return declaration.tables
    .flatMap((table) => table.policies)
    .flatMap(({ input, place }) => (input.kind === 'membership' ? [{ policy: input, place }] : []));
}

function privateFunctions(
  declaration: Declaration,
  everyone: readonly string[],
  revocation: RevocationSql,
): DesiredFunction[] {
  const own = { private: declaration.privateSchema };
  const memberships = new Map<string, DesiredFunction>();
  for (const { policy, place } of membershipPolicies(declaration)) {
    const name = membershipFunctionName(policy, declaration);
    const statement = membershipFunction(policy, name, declaration);
    memberships.set(name, { name, arguments: [], statement, executableBy: everyone, place });
  }
  return [
    ...(['claim', 'claim_list'] as const).map((name) => ({
      name,
      arguments: ['text[]'],
      statement: render(packageTemplate(`compile/functions/${name.replace('_', '-')}`), own),
      executableBy: everyone,
    })),
    {
      name: 'try_cast',
      arguments: ['text', 'anyelement'],
      statement: render(packageTemplate('compile/functions/try-cast'), {
        ...own,
        restrict: render(packageTemplate('compile/functions/try-cast-restrict'), own),
      }),
      executableBy: everyone,
    },
    examineRequestFunction(declaration, everyone, revocation),
    ...memberships.values(),
    ...claimDefaultFunctions(declaration, everyone),
  ];
}

function membershipFunction(policy: MembershipPolicy, name: string, declaration: Declaration): string {
  const own = { private: declaration.privateSchema };
  const table = membershipTable(policy, declaration);
  const conditions = columnConditions(policy.through.where ?? {});
  const body = render(packageTemplate('compile/functions/memberships-body'), {
    key: policy.through.key,
    schema: table.schema,
    table: table.name,
    member: policy.through.member,
    claim: claimIn(policy.memberType, policy.claim, declaration),
    conditions: raw(conditions.map((condition) => ` AND ${condition}`).join('')),
  });
  return render(packageTemplate('compile/functions/memberships'), {
    ...own,
    function: name,
    type: typeName(policy.type),
    body: body.trim(),
  });
}
