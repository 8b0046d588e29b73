import type { RowCommand } from '../../../../audit/anywhere/survey.ts';
import { COMMANDS } from '../../../../audit/anywhere/survey.ts';
import type { RowValues } from '../../../../access/prove/verdict.ts';
import { WITNESSES } from './base.ts';
import { Grammar, WITNESS, type Condition } from './conditions.ts';
import type { Random } from './random.ts';
import { quoted, randomClaims, randomRow, TYPES, type Column } from './pool.ts';

export interface RandomPolicy {
  readonly name: string;
  readonly command: RowCommand | 'all';
  readonly permissive: boolean;
  readonly role: string;
  readonly using: Condition | undefined;
  readonly check: Condition | undefined;
}

export interface RandomTable {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly rows: readonly RowValues[];
  readonly policies: readonly RandomPolicy[];
  readonly force: boolean;
  /** Condition of a view of the table, and whose rights it has. */
  readonly view: { readonly where: Condition; readonly owner: string; readonly invoker: boolean };
  /** Condition of a function of its owner that reads the table. */
  readonly lent: Condition;
}

export interface RandomSubject {
  readonly role: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A database with random tables, rows and policies, and requests to it. */
export interface RandomDatabase {
  readonly tables: readonly RandomTable[];
  readonly witnesses: Readonly<Record<'m' | 'o', readonly RowValues[]>>;
  /** Policies of the tables that conditions read. */
  readonly witnessPolicies: readonly { readonly table: 'm' | 'o'; readonly policy: RandomPolicy }[];
  readonly subjects: readonly RandomSubject[];
}

export const ROLES_OF_REQUESTS = ['anon', 'member', 'editor'] as const;

export function randomDatabase(random: Random, tableCount: number): RandomDatabase {
  const grammar = new Grammar(random);
  const several = (limit: number) => [...Array(random.below(limit + 1)).keys()];
  const witnessRows = (name: 'm' | 'o') => several(3).map(() => randomRow(WITNESS[name], random));
  return {
    tables: [...Array(tableCount).keys()].map((n) => randomTable(`t${n}`, random, grammar)),
    witnesses: { m: witnessRows('m'), o: witnessRows('o') },
    witnessPolicies: (['m', 'o'] as const).flatMap((table) =>
      random.chance(50)
        ? []
        : [0, 1].map((n) => ({ table, policy: simplePolicy(n, WITNESS[table], table, random, grammar) })),
    ),
    subjects: [
      { role: 'anon', claims: {} },
      { role: 'member', claims: randomClaims(random) },
      { role: random.pick(['member', 'editor']), claims: randomClaims(random) },
    ],
  };
}

function randomTable(name: string, random: Random, grammar: Grammar): RandomTable {
  const columns: Column[] = [
    { name: 'id', type: 'int', required: true },
    ...TYPES.flatMap((type, n) =>
      type === 'int' || random.chance(75) ? [{ name: `c${n}`, type, required: random.chance(25) }] : [],
    ),
    { name: 'c9', type: 'int' as const, required: false },
  ];
  const count = 1 + random.below(3);
  const condition = () => grammar.condition(columns, name);
  return {
    name,
    columns,
    rows: [...Array(count).keys()].map((n) => ({ ...randomRow(columns, random), id: String(n + 1) })),
    policies: [...Array(1 + random.below(4)).keys()].map((n): RandomPolicy => {
      // The first one lets most requests through, so that what the others say counts.
      const command = n === 0 && random.chance(70) ? 'all' : random.pick([...COMMANDS, 'all', 'all'] as const);
      const using = command === 'insert' ? undefined : condition();
      const mayCheck = command === 'insert' || command === 'update' || command === 'all';
      return {
        name: `p${n}`,
        command,
        permissive: n === 0 || random.chance(70),
        role:
          n === 0 && random.chance(80)
            ? 'public'
            : random.pick(['public', 'member', 'member', 'anon', 'editor', 'keeper']),
        using,
        check: command === 'insert' || (mayCheck && random.chance(50)) ? condition() : undefined,
      };
    }),
    force: random.chance(50),
    view: { where: condition(), owner: random.pick(['owner', 'keeper', 'postgres']), invoker: random.chance(30) },
    lent: condition(),
  };
}

function simplePolicy(
  n: number,
  columns: readonly Column[],
  table: string,
  random: Random,
  grammar: Grammar,
): RandomPolicy {
  // Without sub-selects: the policies of two tables that read each other would never end.
  let using = grammar.condition(columns, table);
  while (/SELECT|private\.(?:has|sees|orgs|visible)/.test(using.text.replace(/\(SELECT private\.(?:claim|uid)/g, ''))) {
    using = grammar.condition(columns, table);
  }
  return {
    name: `w${n}`,
    command: 'select',
    permissive: n === 0 || random.chance(50),
    role: 'public',
    using,
    check: undefined,
  };
}

export function policySql({ name, command, permissive, role, using, check }: RandomPolicy, table: string): string {
  return `CREATE POLICY ${name} ON api.${table} AS ${permissive ? 'PERMISSIVE' : 'RESTRICTIVE'} FOR ${command} TO ${role}${
    using ? `\n  USING (${using.text})` : ''
  }${check ? `\n  WITH CHECK (${check.text})` : ''}`;
}

export function insertSql(table: string, values: RowValues): string {
  const texts = Object.values(values).map((value) => (value === null ? 'NULL' : quoted(value)));
  return `INSERT INTO api.${table} (${Object.keys(values).join(', ')}) VALUES (${texts.join(', ')})`;
}

/** SQL that makes the database, as a superuser. */
export function databaseSql({ tables, witnesses, witnessPolicies }: RandomDatabase): string {
  const everyone = 'anon, member, keeper';
  const statements = [
    WITNESSES,
    'ALTER TABLE api.m OWNER TO owner',
    'ALTER TABLE api.o OWNER TO owner',
    ...['orgs_of_caller()', 'has_role(text, uuid)', 'whom_definer()'].map(
      (signature) => `ALTER FUNCTION private.${signature} OWNER TO keeper`,
    ),
    ...(['m', 'o'] as const).flatMap((name) => witnesses[name].map((row) => insertSql(name, row))),
    ...new Set(witnessPolicies.map(({ table }) => `ALTER TABLE api.${table} ENABLE ROW LEVEL SECURITY`)),
    ...witnessPolicies.map(({ table, policy }) => policySql(policy, table)),
    ...tables.flatMap(({ name, columns, rows, policies, force, view, lent }) => [
      `CREATE TABLE api.${name} (${columns
        .map((column) => `${column.name} ${column.type}${column.required ? ' NOT NULL' : ''}`)
        .join(', ')})`,
      ...rows.map((row) => insertSql(name, row)),
      `ALTER TABLE api.${name} OWNER TO owner`,
      `GRANT ALL ON api.${name} TO ${everyone}`,
      `ALTER TABLE api.${name} ENABLE ROW LEVEL SECURITY`,
      ...(force ? [`ALTER TABLE api.${name} FORCE ROW LEVEL SECURITY`] : []),
      `CREATE TRIGGER only_row BEFORE UPDATE ON api.${name} FOR EACH ROW EXECUTE FUNCTION private.only_row()`,
      ...policies.map((policy) => policySql(policy, name)),
      `CREATE VIEW api.v_${name} WITH (security_invoker = ${view.invoker}) AS SELECT * FROM api.${name} WHERE ${view.where.text}`,
      `ALTER VIEW api.v_${name} OWNER TO ${view.owner}`,
      `GRANT SELECT ON api.v_${name} TO ${everyone}`,
      `CREATE FUNCTION api.f_${name}() RETURNS SETOF api.${name} LANGUAGE sql STABLE SECURITY DEFINER
        AS ${quoted(`SELECT * FROM api.${name} WHERE ${lent.text}`)}`,
      `ALTER FUNCTION api.f_${name}() OWNER TO ${view.owner}`,
    ]),
  ];
  return statements.join(';\n');
}
