import type { SurveyedFunction, SurveyedPolicy, SurveyedRelation } from '../../audit/anywhere/survey.ts';
import type { RowCommand } from '../../audit/anywhere/survey.ts';
import type { Grant } from '../../postgres/catalog/acl.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { raw, statementsOf } from '../../postgres/statements.ts';
import { groupBy } from '../../audit/group-by.ts';

const statement = statementsOf('access/picture');

/** Grants by which one of some roles may use a command on a relation, or on columns of it. */
export function grantsShown(
  relation: SurveyedRelation,
  command: RowCommand,
  identities: ReadonlySet<string>,
): readonly string[] {
  const privilege = command.toUpperCase();
  const { schema, name } = relation;
  const counts = (grant: Grant) => grant.privilege === privilege && identities.has(grant.grantee);
  const values = (grantee: string) => ({
    privilege: raw(privilege),
    schema,
    relation: name,
    grantee: roleSql(grantee),
  });
  const whole = relation.grants.filter(counts).map(({ grantee }) => statement('grant', values(grantee)));
  const pairs = relation.columns.flatMap((column) =>
    column.grants.filter(counts).map(({ grantee }) => ({ grantee, column: column.name })),
  );
  const byGrantee = [...groupBy(pairs, ({ grantee }) => grantee)];
  const partial = byGrantee.map(([grantee, found]) =>
    statement('grant_columns', { ...values(grantee), columns: found.map(({ column }) => column) }),
  );
  return [...whole, ...partial];
}

/** Grants by which one of some roles may call a function. */
export function callGrantsShown(fn: SurveyedFunction, identities: ReadonlySet<string>): readonly string[] {
  return fn.grants
    .filter(({ privilege, grantee }) => privilege === 'EXECUTE' && identities.has(grantee))
    .map(({ grantee }) =>
      statement('grant_function', {
        function: raw(fn.signature),
        grantee: roleSql(grantee),
      }),
    );
}

/** The statement that makes a policy. */
export function policyShown({ relation, name, permissive, command, roles, using, check }: SurveyedPolicy): string {
  const clauses = [
    ...(using === null ? [] : [`USING (${using})`]),
    ...(check === null ? [] : [`WITH CHECK (${check})`]),
  ].map((clause) => `\n  ${clause}`);
  return statement('policy', {
    policy: name,
    schema: relation.schema,
    relation: relation.name,
    mode: raw(permissive ? 'PERMISSIVE' : 'RESTRICTIVE'),
    command: raw((command ?? 'all').toUpperCase()),
    roles: raw(roles.map((role) => roleSql(role).fragment).join(', ')),
    clauses: raw(clauses.join('')),
  });
}

function roleSql(name: string) {
  return raw(name === 'public' ? 'PUBLIC' : quoteIdentifier(name));
}
