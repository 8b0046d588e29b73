import type pg from 'pg';
import { conditionsOf } from '../../compile/condition.ts';
import { desiredAccess } from '../../compile/access.ts';
import { declare } from '../../declaration/declare.ts';
import { setClaim } from '../../declaration/claims.ts';
import type { Declaration, PolicyInput } from '../../declaration/types.ts';
import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import { configureSession } from '../../postgres/session.ts';
import { raw, statementsOf } from '../../postgres/statements.ts';
import type { FoundColumn, FoundRelation } from '../database/found.ts';
import { writtenName } from '../project/written-name.ts';
import { CLAIM_VALUES, columnValues } from './proof-values.ts';
import type { Template } from './template.ts';

const statement = statementsOf('import/proof');

/** More rows would only be more of the same. */
const MOST_ROWS = 5000;

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
 * claims. A condition that fails for a token counts as one that lets no row pass.
 */
export async function isEqual(client: pg.ClientBase, frame: Declaration, equation: Equation): Promise<boolean> {
  await configureSession(client);
  await client.query(statement('begin', { private: frame.privateSchema }));
  try {
    return await compare(client, frame, equation);
  } finally {
    await client.query('ROLLBACK');
  }
}

async function compare(client: pg.ClientBase, frame: Declaration, equation: Equation): Promise<boolean> {
  const { relation, condition, columns, constants, others } = equation;
  const declaration = declarationOf(frame, equation);
  for (const { statement: sql } of desiredAccess(declaration).functions) await client.query(sql);
  const filled = [{ table: relation, columns }, ...others.filter(({ table }) => table !== relation)];
  for (const { table, columns: read } of filled) {
    if (!(await fill(client, table, read, constants))) return false;
  }
  const conditions = declaration.tables[0]!.policies.map(({ input }) => `(${conditionsOf(input, declaration).using.sql}\n)`);
  const other = conditions.length === 0 ? 'false' : conditions.join(equation.restrictive ? ' AND ' : ' OR ');
  const names = equation.claims.map(([first]) => first!);
  let met = false;
  for (const claims of claimSets(equation)) {
    const outcome = await compareFor(client, { relation, condition, other, claims, names });
    if (outcome === 'different') return false;
    met ||= outcome === 'met';
  }
  // Where nothing ever passes, nothing is shown, unless that is what the templates say.
  return met || equation.templates.length === 0;
}

/** A declaration in which the templates are policies of the table. */
function declarationOf({ name, schemas, internalSchemas, privateSchema }: Declaration, { relation, templates }: Equation) {
  const to = `${name}_user`;
  const policies = templates.map((template, index) => ({ ...template, to, name: `p${index}` }) as PolicyInput);
  const table = {
    name: writtenName(relation, []),
    grants: templates.length === 0 ? [] : [{ to, select: true as const }],
    policies,
  };
  return declare({ name, schemas, internalSchemas, privateSchema, roles: { users: [to] }, tables: [table] });
}

async function fill(
  client: pg.ClientBase,
  { schema, name }: FoundRelation,
  columns: readonly FoundColumn[],
  constants: readonly string[],
): Promise<boolean> {
  await client.query(statement('bare_copy', { schema, name, renamed: `!${name}`.slice(0, 60) }));
  const values = columns.map((column) => ({ column, values: columnValues(column, constants) }));
  const count = values.reduce((product, { values: own }) => product * own.length, 1);
  if (count > MOST_ROWS) return false;
  const lists = values.map(({ column, values: own }, index) => {
    const literals = own.map((value) => (value === null ? 'NULL' : quoteLiteral(value))).join(', ');
    return `unnest(ARRAY[${literals}]::text[]::${column.format}[]) AS v${index}(${quoteIdentifier(column.name)})`;
  });
  const first = columns[0]?.name;
  if (first === undefined) {
    // A condition on no column needs a row to be asked of.
    await client.query(`INSERT INTO ${quoteIdentifier(schema)}.${quoteIdentifier(name)} DEFAULT VALUES`);
    return true;
  }
  const sql = statement('fill', {
    schema,
    name,
    columns: columns.map((column) => column.name),
    values: raw(lists.join(' CROSS JOIN ')),
  });
  await client.query(sql);
  return true;
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

interface Comparison {
  readonly relation: FoundRelation;
  readonly condition: string;
  readonly other: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Claims that the condition reads. */
  readonly names: readonly string[];
}

async function compareFor(
  client: pg.ClientBase,
  { relation: { schema, name }, condition, other, claims, names }: Comparison,
): Promise<'different' | 'same' | 'met'> {
  await be(client, claims, names);
  const passing = async (sql: string) => count(client, statement('passing', { schema, name, condition: raw(sql) }));
  const differing = await count(client, statement('differing', { schema, name, one: raw(condition), other: raw(other) }));
  const passed = await passing(other);
  if (differing === undefined) {
    // The condition fails for such a token; in its place no row passes.
    return passed === 0 && (await passing(condition)) === undefined ? 'same' : 'different';
  }
  if (differing > 0) return 'different';
  return passed === undefined || passed === 0 ? 'same' : 'met';
}

/** As a server of any version says it: all claims as JSON, and each in a setting of its own. */
async function be(
  client: pg.ClientBase,
  claims: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Promise<void> {
  await client.query(statement('be', { claims: JSON.stringify(claims) }));
  for (const name of new Set([...names, ...Object.keys(claims)])) {
    if (!/^[A-Za-z_]\w*$/.test(name)) continue;
    const value = claims[name] ?? '';
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    await client.query(statement('be_legacy', { setting: `request.jwt.claim.${name}`, value: text }));
  }
}

/** The number of rows; undefined where the query fails. */
async function count(client: pg.ClientBase, sql: string): Promise<number | undefined> {
  await client.query(statement('set_savepoint'));
  try {
    const { rows } = await client.query<{ rows: number }>(sql);
    return rows[0]!.rows;
  } catch {
    await client.query(statement('back_to_savepoint'));
    return undefined;
  }
}
