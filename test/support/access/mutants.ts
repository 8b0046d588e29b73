import type pg from 'pg';
import type { DeclarationInput } from '../../../declaration/index.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import type { Shape, ShapeTable } from '../../../access/check/shape.ts';

/** A fault in the access of a database that was made from a declaration. */
export interface Mutant {
  /** Unique, such as `projects: api.tasks.within_tenant: no policy`. */
  readonly name: string;
  readonly declaration: DeclarationInput;
  /** The fault alone, such as `no policy`. */
  readonly fault: string;
  /** The table or view that has it, or a policy of which calls the function that has it. */
  readonly table?: ShapeTable | undefined;
  /** Run by the superuser in the declared database; it changes nothing outside of that. */
  readonly sql: string;
  /** What no longer holds. */
  readonly breaks: string;
}

interface PolicyRow {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly permissive: boolean;
  readonly command: string;
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
}

/** Makes mutants of a database: of each policy, table, view and function one by one. */
export async function mutants(client: pg.ClientBase, input: DeclarationInput, shape: Shape): Promise<Mutant[]> {
  const roles = [
    ...input.roles.users.map((user) => (typeof user === 'object' ? user.name : user)),
    ...anonymousOf(input),
  ];
  const tables = shape.tables.filter(({ is_table }) => is_table);
  const views = shape.tables.filter(({ is_table }) => !is_table);
  const on = (table: ShapeTable | undefined, faults: readonly Fault[]) =>
    faults.map(([place, fault, sql, breaks]): Mutant => ({
      name: `${input.name}: ${place}: ${fault}`,
      declaration: input,
      fault,
      table,
      sql,
      breaks,
    }));
  const policies = await policiesOf(client, shape);
  const calledBy = (name: string) => policies.find(({ using, check }) => `${using} ${check}`.includes(`${name}(`));
  return [
    ...policies.flatMap((policy) => {
      const table = tableOf(shape, policy);
      return on(table, policyMutants(policy, roles, table, ownerOf(input)));
    }),
    ...tables.flatMap((table) => on(table, tableMutants(table, roles))),
    ...views.flatMap((view) => on(view, viewMutants(view))),
    ...(await functionMutants(client, input)).flatMap(({ name, faults }) => {
      const policy = calledBy(name);
      return on(policy && tableOf(shape, policy), faults);
    }),
  ];
}

type Fault = readonly [place: string, fault: string, sql: string, breaks: string];

const anonymousOf = ({ roles }: DeclarationInput) =>
  roles.anonymous === undefined ? [] : [typeof roles.anonymous === 'object' ? roles.anonymous.name : roles.anonymous];
const ownerOf = ({ name, roles }: DeclarationInput) => roles.owner ?? `${name}_owner`;
const tableOf = (shape: Shape, { schema, table }: PolicyRow) =>
  shape.tables.find((each) => each.schema === schema && each.name === table)!;
const nameOf = ({ schema, name }: { readonly schema: string; readonly name: string }) =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

async function policiesOf(client: pg.ClientBase, shape: Shape): Promise<PolicyRow[]> {
  const schemas = [...new Set(shape.tables.map(({ schema }) => schema))];
  const { rows } = await client.query<PolicyRow>(
    `SELECT schemaname AS schema, tablename AS "table", policyname AS name, permissive = 'PERMISSIVE' AS permissive, cmd AS command,
      roles::text[] AS roles, qual AS "using", with_check AS "check"
    FROM pg_policies WHERE schemaname = ANY ($1) ORDER BY 1, 2, 3`,
    [schemas],
  );
  return rows;
}

function policyMutants(policy: PolicyRow, roles: readonly string[], table: ShapeTable, owner: string): Fault[] {
  const { name, permissive, using, check } = policy;
  const relation = nameOf(table);
  const place = `${table.schema}.${table.name}.${name}`;
  const on = `${quoteIdentifier(name)} ON ${relation}`;
  const rows = permissive ? 'rows of others are reached' : 'a limit for all is gone';
  const alter = (change: (condition: string) => string) =>
    `ALTER POLICY ${on}${using === null ? '' : ` USING (${change(using)})`}${check === null ? '' : ` WITH CHECK (${change(check)})`}`;
  const changed = (fault: string, change: (condition: string) => string, breaks = rows): Fault[] => {
    const whole = `${using ?? ''} ${check ?? ''}`;
    return change(whole) === whole ? [] : [[place, fault, alter(change), breaks]];
  };
  const clauses = (only: 'using' | 'check') => {
    const text = only === 'using' ? using : check;
    return text === null ? '' : only === 'using' ? ` USING (${text})` : ` WITH CHECK (${text})`;
  };
  const recreate = (mode: string) =>
    `DROP POLICY ${on}; CREATE POLICY ${on} AS ${mode} FOR ${policy.command} TO ${policy.roles.map(quoteIdentifier).join(', ')}${clauses('using')}${clauses('check')}`;
  if (policy.roles.includes(owner)) return [[place, 'no policy', `DROP POLICY ${on}`, 'memberships are not found']];
  const other = roles.find((role) => !policy.roles.includes(role));
  const trivial = (using ?? check) === 'true';
  return [
    [place, 'no policy', `DROP POLICY ${on}`, permissive ? 'declared access is gone' : rows],
    ...(trivial ? [] : [[place, 'or true', alter((condition) => `${condition} OR true`), rows] as const]),
    ...(using !== null && check !== null && !trivial
      ? [
          [place, 'no WITH CHECK', `ALTER POLICY ${on} WITH CHECK (true)`, 'rows of others are written'] as const,
          [place, 'no USING', `ALTER POLICY ${on} USING (true)`, 'rows of others are changed'] as const,
        ]
      : []),
    ...changed('another claim', (condition) =>
      condition.replaceAll(
        /'(tenant_id|user_id|sub|regions)'/g,
        (_, claim: string) => `'${claim === 'tenant_id' ? 'user_id' : 'tenant_id'}'`,
      ),
    ),
    ...changed('<> in place of =', (condition) => condition.replace(/ = (?!ANY)/, ' <> ')),
    ...(trivial
      ? []
      : [
          [
            place,
            'true where it is NULL',
            alter((condition) => `(${condition}) IS NOT FALSE`),
            'rows without a value are reached',
          ] as const,
        ]),
    [
      place,
      permissive ? 'restrictive' : 'permissive',
      recreate(permissive ? 'RESTRICTIVE' : 'PERMISSIVE'),
      permissive ? 'declared access is gone' : rows,
    ],
    [
      place,
      'for PUBLIC',
      `ALTER POLICY ${on} TO PUBLIC`,
      permissive ? 'other roles reach rows' : 'other roles reach less',
    ],
    ...(other === undefined
      ? []
      : [[place, `for ${other}`, `ALTER POLICY ${on} TO ${quoteIdentifier(other)}`, 'another role has it'] as const]),
  ];
}

function tableMutants(table: ShapeTable, roles: readonly string[]): Fault[] {
  const relation = nameOf(table);
  const place = `${table.schema}.${table.name}`;
  const columns = table.columns
    .filter(({ generated }) => generated === null)
    .map(({ name }) => quoteIdentifier(name))
    .join(', ');
  return [
    [place, 'no row security', `ALTER TABLE ${relation} DISABLE ROW LEVEL SECURITY`, 'each row is reached'],
    [
      place,
      'not forced',
      `ALTER TABLE ${relation} NO FORCE ROW LEVEL SECURITY`,
      'functions of the owner reach each row',
    ],
    [place, 'SELECT for PUBLIC', `GRANT SELECT ON ${relation} TO PUBLIC`, 'columns that were not granted are read'],
    [place, 'all for PUBLIC', `GRANT ALL ON ${relation} TO PUBLIC`, 'commands that were not granted pass'],
    ...roles.flatMap((role): Fault[] => [
      [
        place,
        `UPDATE of each column for ${role}`,
        `GRANT UPDATE (${columns}) ON ${relation} TO ${quoteIdentifier(role)}`,
        'columns that were not granted are written',
      ],
      [
        place,
        `INSERT of each column for ${role}`,
        `GRANT INSERT (${columns}) ON ${relation} TO ${quoteIdentifier(role)}`,
        'columns that were not granted are written',
      ],
      [
        place,
        `SELECT of each column for ${role}`,
        `GRANT SELECT ON ${relation} TO ${quoteIdentifier(role)}`,
        'columns that were not granted are read',
      ],
      [place, `DELETE for ${role}`, `GRANT DELETE ON ${relation} TO ${quoteIdentifier(role)}`, 'rows are deleted'],
      [
        place,
        `owned by ${role}`,
        `ALTER TABLE ${relation} OWNER TO ${quoteIdentifier(role)}`,
        'a role has every privilege',
      ],
    ]),
  ];
}

function viewMutants(view: ShapeTable): Fault[] {
  const relation = nameOf(view);
  const place = `${view.schema}.${view.name}`;
  return [
    [
      place,
      'with the rights of a superuser',
      `ALTER VIEW ${relation} SET (security_invoker = false); ALTER VIEW ${relation} OWNER TO CURRENT_USER`,
      'policies do not bind its readers',
    ],
    [place, 'SELECT for PUBLIC', `GRANT SELECT ON ${relation} TO PUBLIC`, 'other roles read it'],
  ];
}

interface FunctionRow {
  readonly place: string;
  readonly name: string;
  readonly definition: string;
  readonly source: string;
  readonly definer: boolean;
}

/** Membership functions, definer functions and the checks before a request. */
async function functionMutants(
  client: pg.ClientBase,
  input: DeclarationInput,
): Promise<{ readonly name: string; readonly faults: Fault[] }[]> {
  const schemas = [...input.schemas, ...(input.internalSchemas ?? []), input.privateSchema ?? `${input.name}_private`];
  const { rows } = await client.query<FunctionRow>(
    `SELECT p.oid::regprocedure::text AS place, p.proname AS name, pg_get_functiondef(p.oid) AS definition, p.prosrc AS source, p.prosecdef AS definer
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname = ANY ($1) ORDER BY 1`,
    [schemas],
  );
  const faultsOf = ({ place, name, definition, source, definer }: FunctionRow): Fault[] => {
    const replaced = (text: string) => definition.replace(source, () => text);
    if (['pre_request', 'examine_request'].includes(name)) {
      const nothing = definition.includes('LANGUAGE plpgsql') ? 'BEGIN RETURN; END' : 'SELECT';
      return [[place, 'checks nothing', replaced(nothing), 'tokens of others pass']];
    }
    if (name === 'claim') return [[place, 'always NULL', replaced('SELECT NULL::text'), 'claims do not count']];
    if (!definer || source === '' || !/\bWHERE\b/.test(source) || /token|subject/.test(name)) return [];
    const [head = '', ...conditions] = source.split(/\bWHERE\b|\bAND\b/);
    return conditions.map((_, left): Fault => {
      const rest = conditions.filter((__, at) => at !== left);
      const text = rest.length === 0 ? head : `${head} WHERE ${rest.join(' AND ')}`;
      return [place, `without condition ${left + 1}`, replaced(text), 'rows of others count'];
    });
  };
  return rows.map((row) => ({ name: row.name, faults: faultsOf(row) }));
}
