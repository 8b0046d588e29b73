import pg from 'pg';
import { conditionsOf } from '../../compile/condition.ts';
import { desiredAccess } from '../../compile/access.ts';
import { declare } from '../../declaration/declare.ts';
import { setClaim } from '../../declaration/claims.ts';
import type { Declaration } from '../../declaration/types.ts';
import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import { messageResults } from '../../postgres/message-results.ts';
import { configureSession } from '../../postgres/session.ts';
import { raw, statementsOf } from '../../postgres/statements.ts';
import type { FoundColumn, FoundRelation } from '../database/found.ts';
import { writtenName } from '../project/written-name.ts';
import { CLAIM_VALUES, columnValues } from './proof-values.ts';
import type { Template } from './template.ts';

const statement = statementsOf('import/proof');

/** More rows would only be more of the same. */
const MOST_ROWS = 2000;

/** A condition as it was, and what may stand in its place. */
export interface Equation {
  readonly relation: FoundRelation;
  readonly condition: string;
  readonly templates: readonly Template[];
  readonly restrictive: boolean;
  readonly role: string;
  /** Paths of the claims that the condition reads. */
  readonly claims: readonly (readonly string[])[];
  /** Columns of the table that the condition reads. */
  readonly columns: readonly FoundColumn[];
  /** Texts and numbers in it. */
  readonly constants: readonly string[];
  /** Other tables in it, with the columns that have a part. */
  readonly others: readonly { readonly table: FoundRelation; readonly columns: readonly FoundColumn[] }[];
}

/**
 * Tests if templates let the same rows pass as a condition: for every combination of values of its columns, with each value of its
 * claims. A row for which the condition fails counts as one that does not pass.
 */
export async function isEqual(client: pg.ClientBase, frame: Declaration, equation: Equation): Promise<boolean> {
  const statements = proof(frame, equation);
  if (!statements) return false;
  await configureSession(client);
  try {
    const results = await messageResults<{ outcome: string }>(client, statements.join(';\n'));
    const outcome = results.at(-1)!.rows[0]!.outcome;
    // Where no row ever passes, nothing is shown, unless that is what the templates say.
    return outcome === (equation.templates.length === 0 ? 'never met' : 'met');
  } catch (error) {
    // A condition that cannot stand alone, or one that only some rows could show.
    if (error instanceof pg.DatabaseError) return false;
    throw error;
  } finally {
    await client.query('ROLLBACK');
  }
}

/** The statements of one proof; undefined where it would take too many rows. */
function proof(frame: Declaration, equation: Equation): string[] | undefined {
  const { relation, condition, columns, constants, others, restrictive } = equation;
  const { schema, name } = relation;
  const declaration = declarationOf(frame, equation);
  const filled = [{ table: relation, columns }, ...others.filter(({ table }) => table !== relation)];
  const rows = filled.map(({ table, columns: read }) => fill(table, read, constants));
  if (rows.some((statements) => !statements)) return undefined;
  const conditions = declaration.tables[0]!.policies.map(
    ({ input }) => `(${conditionsOf(input, declaration).using.sql}\n)`,
  );
  const other = raw(conditions.length === 0 ? 'false' : conditions.join(restrictive ? ' AND ' : ' OR '));
  return [
    statement('begin', { private: frame.privateSchema }),
    ...desiredAccess(declaration).functions.map(({ statement: sql }) => sql),
    ...rows.flatMap((statements) => statements!),
    statement('make_function'),
    statement('outcome', {
      target: `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
      differing: statement('differing', { schema, name, one: raw(condition), other }),
      passing: statement('passing', { schema, name, other }),
      claim_sets: JSON.stringify(claimSets(equation)),
      names: equation.claims.map(([first]) => first!),
    }),
  ];
}

/** A declaration in which the templates are policies of the table. */
function declarationOf(
  { name, schemas, internalSchemas, privateSchema }: Declaration,
  { relation, templates }: Equation,
) {
  const to = `${name}_user`;
  const policies = templates.map((template, index) => ({ ...template, to, name: `p${index}` }));
  const table = {
    name: writtenName(relation, []),
    grants: templates.length === 0 ? [] : [{ to, select: true as const }],
    policies,
  };
  return declare({ name, schemas, internalSchemas, privateSchema, roles: { users: [to] }, tables: [table] });
}

/** A table with every combination of values; undefined where there are too many. */
function fill(
  { schema, name }: FoundRelation,
  columns: readonly FoundColumn[],
  constants: readonly string[],
): string[] | undefined {
  const values = columns.map((column) => ({ column, values: columnValues(column, constants) }));
  if (values.reduce((product, { values: own }) => product * own.length, 1) > MOST_ROWS) return undefined;
  const lists = values.map(({ column, values: own }, index) => {
    const literals = own.map((value) => (value === null ? 'NULL' : quoteLiteral(value))).join(', ');
    return `unnest(ARRAY[${literals}]::text[]::${column.format}[]) AS v${index}(${quoteIdentifier(column.name)})`;
  });
  return [
    statement('bare_copy', { schema, name, renamed: `!${name}`.slice(0, 60) }),
    columns.length === 0
      ? statement('fill_once', { schema, name })
      : statement('fill', {
          schema,
          name,
          columns: columns.map((column) => column.name),
          values: raw(lists.join(' CROSS JOIN ')),
        }),
  ];
}

/** Claims of requests: none, and each value of each claim, while the others have their first one. */
function claimSets({ claims, role }: Equation): Record<string, unknown>[] {
  const paths = claims.filter((path) => path.join() !== 'role');
  const sets: Record<string, unknown>[] = [{ role }];
  for (const path of paths) {
    for (const value of CLAIM_VALUES) {
      const set: Record<string, unknown> = {};
      setClaim(set, path, value);
      for (const other of paths) if (other !== path) setClaim(set, other, CLAIM_VALUES[0]);
      sets.push({ ...set, role });
    }
  }
  return sets;
}
