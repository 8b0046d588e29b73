import type { Command, DeclarationInput, GrantInput, PolicyInput } from '../../../declaration/index.ts';
import type { Random } from '../../../access/check/random.ts';
import { POSTGRES_ADVISORIES } from '../embedded-advisories.ts';
import { Rules } from './model/rules.ts';

const COMMANDS: readonly Command[] = ['select', 'insert', 'update', 'delete'];
const CLAIMS = ['user_id', 'tenant', ['app', 'team'], 'sub'] as const;
const TYPES = ['int', 'text', 'uuid', 'bigint'] as const;
type Type = (typeof TYPES)[number] | 'boolean' | 'timestamptz';

interface Column {
  readonly name: string;
  readonly type: Type;
  readonly required: boolean;
  readonly references?: string;
}

interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly sql: string;
}

/** A random declaration with its tables, views and functions, which `declare` accepts. */
export function randomDeclaration(random: Random, prefix: string): DeclarationInput {
  const users = ['one', 'two', 'three'].slice(0, 1 + random.below(3)).map((name) => `${prefix}_${name}`);
  const anonymous = random.percent(70) ? `${prefix}_anon` : undefined;
  const roles = [...users, ...(anonymous === undefined ? [] : [anonymous])];
  const tables: Table[] = [];
  for (let number = 0; number < 2 + random.below(3); number++) tables.push(randomTable(random, `t${number}`, tables));
  tables.push(membershipTable(random));
  const views = random.percent(50) ? [randomView(random, random.one(tables))] : [];
  const functions = Array.from({ length: random.below(3) }, (_, at) =>
    randomFunction(random, `f${at}`, random.one(tables)),
  );
  // The role of all rows has its grants everywhere, and no others.
  const everywhere = users.length > 1 && random.percent(15) ? users.at(-1)! : undefined;
  const granted = roles.filter((role) => role !== everywhere);
  const input: DeclarationInput = {
    name: prefix,
    schemas: ['api'],
    roles: {
      ...(anonymous !== undefined && { anonymous }),
      users: users.map((name, at) => ({
        name,
        // Of those before it, so that there is no circle.
        inherits: random.some([...users.slice(0, at), ...(anonymous === undefined ? [] : [anonymous])], 30),
        ...(name === everywhere && { allRows: random.percent(50) ? (true as const) : random.one(COMMANDS) }),
      })),
    },
    migrations: [
      {
        file: '001.sql',
        sql: [...tables.map(({ sql }) => sql), ...views.map(({ sql }) => sql), ...functions.map(({ sql }) => sql)].join(
          '\n',
        ),
      },
    ],
    tables: tables.map((table) => ({
      name: table.name,
      grants: grantsFor(random, granted, table),
      defaults: randomDefaults(random, table),
    })),
    views: views.map(({ name, columns }) => ({
      name,
      grants: [
        {
          to: random.one(granted),
          select: random.percent(70)
            ? (true as const)
            : [columns[0]!, random.one(columns)].filter((column, at, all) => all.indexOf(column) === at),
        },
      ],
    })),
    functions: functions.map(({ name, definer }) => ({
      name,
      execute: random.one(roles),
      ...(definer && { securityDefiner: true }),
    })),
    acceptedAdvisories: POSTGRES_ADVISORIES,
  };
  const rules = new Rules(input);
  return {
    ...input,
    // A deploy rejects a view that its readers' own rights do not reach.
    views: (input.views ?? []).map((view, at) => ({
      ...view,
      grants: (view.grants ?? []).filter(({ to }) =>
        [to]
          .flat()
          .every((role) =>
            views[at]!.read.every((column) => rules.may(role, 'select', `api.${views[at]!.of}`, column)),
          ),
      ),
    })),
    tables: input.tables!.map((each, at) => ({
      ...each,
      policies: named(withEachGrant(random, { rules, roles, tables }, tables[at]!, each.grants ?? [])),
    })),
  };
}

/** Random policies, and a permissive one for each command that was granted: `declare` rejects a grant that reaches no row. */
function withEachGrant(
  random: Random,
  around: Surroundings,
  table: Table,
  grants: readonly GrantInput[],
): PolicyInput[] {
  const policies = Array.from({ length: random.below(5) }, () => randomPolicy(random, around, table)).filter(
    (policy) => policy !== undefined,
  );
  for (const grant of grants) {
    for (const role of [grant.to].flat()) {
      for (const command of COMMANDS.filter((each) => grant[each] !== undefined)) {
        const input = { ...around.rules.input, tables: [{ name: table.name, grants, policies }] };
        if (new Rules(input).policiesFor(role, command, `api.${table.name}`).some((policy) => !policy.restrictive))
          continue;
        const policy = randomPolicy(random, around, table) ?? ({ kind: 'all-rows' } as PolicyInput);
        policies.push({ ...policy, to: [role], for: [command], restrictive: false });
      }
    }
  }
  return policies;
}

/** Policies of one table have names of their own. */
const named = (policies: readonly PolicyInput[]) => policies.map((policy, at) => ({ ...policy, name: `p${at}` }));

function randomTable(random: Random, name: string, before: readonly Table[]): Table {
  const required = () => random.percent(40);
  const columns: Column[] = [
    { name: 'id', type: 'int', required: true },
    { name: 'owner', type: random.one(TYPES), required: required() },
    { name: 'tenant', type: random.one(TYPES), required: required() },
    ...random.some<Column>(
      [
        { name: 'flag', type: 'boolean', required: required() },
        { name: 'kind', type: 'text', required: required() },
        { name: 'n', type: 'int', required: required() },
      ],
      70,
    ),
    ...(random.percent(40)
      ? [
          { name: 'starts', type: 'timestamptz' as const, required: false },
          { name: 'ends', type: 'timestamptz' as const, required: false },
        ]
      : []),
    ...(before.length > 0 && random.percent(60)
      ? [{ name: 'parent', type: 'int' as const, required: required(), references: random.one(before).name }]
      : []),
  ];
  const has = (column: string) => columns.some((each) => each.name === column);
  const more = [
    ...(random.percent(20) ? ['UNIQUE (owner, tenant)'] : []),
    ...(has('n') && random.percent(25) ? ['CHECK (n < 3)'] : []),
    ...(has('kind') && random.percent(25) ? [`CHECK (kind <> 'b')`] : []),
  ];
  return { name, columns, sql: tableSql(random, name, columns, more) };
}

function membershipTable(random: Random): Table {
  const columns: Column[] = [
    { name: 'id', type: 'int', required: true },
    { name: 'team', type: random.one(TYPES), required: false },
    { name: 'member', type: random.one(TYPES), required: false },
    { name: 'role', type: 'text', required: false },
    { name: 'level', type: 'int', required: false },
    { name: 'active', type: 'boolean', required: false },
  ];
  return { name: 'members', columns, sql: tableSql(random, 'members', columns, []) };
}

function tableSql(random: Random, name: string, columns: readonly Column[], more: readonly string[]): string {
  const lines = columns.map(({ name: column, type, required, references }) => {
    const words = [
      `${column} ${type}`,
      ...(column === 'id' ? ['PRIMARY KEY'] : required ? ['NOT NULL'] : []),
      ...(references === undefined
        ? []
        : [`REFERENCES ${references}${random.percent(40) ? ' ON DELETE CASCADE' : ''}`]),
      ...(column === 'n' && random.percent(40) ? ['DEFAULT 1'] : []),
      ...(column === 'flag' && random.percent(40) ? ['DEFAULT true'] : []),
    ];
    return words.join(' ');
  });
  return `CREATE TABLE ${name} (${[...lines, ...more].join(', ')});`;
}

function randomView(random: Random, table: Table) {
  const columns = [
    ...new Set([
      'id',
      ...random.some(
        table.columns.map(({ name }) => name),
        60,
      ),
    ]),
  ];
  const condition = random.percent(60)
    ? ` WHERE ${conditionOn(random, table, { subject: '', tables: [], claims: false })}`
    : '';
  const name = `v_${table.name}`;
  const sql = `CREATE VIEW ${name} WITH (security_invoker = true) AS SELECT ${columns.join(', ')} FROM ${table.name}${condition};`;
  return { name, columns, sql, of: table.name, read: table.columns.map((column) => column.name) };
}

function randomFunction(random: Random, name: string, table: Table) {
  const definer = random.percent(40);
  const by = random.one(table.columns.filter(({ type }) => type === 'int'));
  const rights = definer ? ` SECURITY DEFINER SET search_path = ''` : '';
  const from = `api.${table.name} AS r WHERE r.${by.name} >= least_of OR r.${by.name} IS NULL`;
  const sql = random.percent(50)
    ? `CREATE FUNCTION ${name}(least_of int DEFAULT 2) RETURNS SETOF ${table.name} LANGUAGE sql STABLE${rights} AS $$ SELECT r.* FROM ${from} $$;`
    : `CREATE FUNCTION ${name}(least_of int) RETURNS bigint LANGUAGE sql STABLE${rights} AS $$ SELECT count(*) FROM ${from} $$;`;
  return { name, definer, sql };
}

/** No role is named by two grants. */
function grantsFor(random: Random, roles: readonly string[], table: Table): GrantInput[] {
  if (random.percent(30)) return [randomGrant(random, random.some(roles, 80), table)].filter(({ to }) => to.length > 0);
  const some = random.some(roles, 75);
  return (some.length > 0 ? some : [roles[0]!]).map((role) => randomGrant(random, [role], table));
}

function randomGrant(random: Random, to: readonly string[], table: Table): GrantInput {
  const names = table.columns.map(({ name }) => name);
  const columns = () => (random.percent(55) ? (true as const) : [...new Set(['id', ...random.some(names, 70)])]);
  const grant = {
    to: [...to],
    ...(random.percent(88) && { select: columns() }),
    ...(random.percent(55) && { insert: columns() }),
    ...(random.percent(55) && { update: columns() }),
    ...(random.percent(45) && { delete: true as const }),
  };
  return Object.keys(grant).length > 1 ? grant : { ...grant, select: true };
}

function randomDefaults(random: Random, { columns }: Table) {
  const chosen = columns.filter(({ name }) => ['owner', 'tenant'].includes(name) && random.percent(30));
  return Object.fromEntries(
    chosen.map(({ name, type }) => [name, { claim: random.one(CLAIMS), type: type as (typeof TYPES)[number] }]),
  );
}

interface Surroundings {
  readonly rules: Rules;
  readonly roles: readonly string[];
  readonly tables: readonly Table[];
}

function randomPolicy(random: Random, around: Surroundings, table: Table): PolicyInput | undefined {
  const { rules, roles, tables } = around;
  // Functions of the owner are bound as well.
  const forOwner = random.percent(10);
  const chosen = forOwner ? [rules.owner] : random.percent(70) ? [random.one(roles)] : random.some(roles);
  const granted = (command: Command, among: readonly string[]) =>
    among.every((role) => rules.isGranted(role, command, `api.${table.name}`));
  const to = chosen.filter((role) => forOwner || COMMANDS.some((command) => granted(command, [role])));
  if (to.length === 0) return undefined;
  const possible = COMMANDS.filter((command) => forOwner || granted(command, to));
  const some = random.some(possible);
  const common = {
    to,
    ...(random.percent(60) && some.length > 0 && { for: some }),
    ...(random.percent(25) && { restrictive: true }),
  };
  const keyed = table.columns.filter(({ type, name }) => (TYPES as readonly string[]).includes(type) && name !== 'id');
  const { name: column, type } = random.one(keyed);
  const claim = random.one(CLAIMS);
  const as = castOf(random, type);
  switch (random.below(forOwner ? 6 : 9)) {
    case 0:
      return { kind: 'own-rows', ...common, column, claim, type: as };
    case 1:
      return { kind: 'tenant', ...common, column, claim, type: as };
    case 2:
      return {
        kind: 'claim-list',
        ...common,
        column,
        claim: random.one(['regions', ['app', 'list']] as const),
        type: as,
      };
    case 3:
      return { kind: 'public-rows', ...common, where: publicWhere(random, table) };
    case 4: {
      if (!table.columns.some(({ name }) => name === 'starts')) return { kind: 'all-rows', ...common };
      const bounds = random.one([{ from: 'starts' }, { until: 'ends' }, { from: 'starts', until: 'ends' }]);
      return { kind: 'valid-between', ...common, ...bounds };
    }
    case 5:
      return { kind: 'all-rows', ...common };
    case 6: {
      const key = tables.at(-1)!.columns.find(({ name }) => name === 'team')!;
      const member = tables.at(-1)!.columns.find(({ name }) => name === 'member')!;
      const same = table.columns.find((each) => each.type === key.type && each.name !== 'id');
      if (!same) return { kind: 'all-rows', ...common };
      const where = random.one([
        undefined,
        undefined,
        { role: ['a', 'b'] },
        { role: 'a' },
        { level: 1 },
        { active: true },
      ]);
      const through = { table: 'members', key: 'team', member: 'member', ...(where && { where }) };
      return {
        kind: 'membership',
        ...common,
        column: same.name,
        type: key.type as 'int',
        through,
        claim,
        memberType: member.type as 'int',
      };
    }
    default: {
      // A policy reads other tables with the rights of who asks.
      const earlier = tables
        .slice(0, tables.indexOf(table))
        .filter((other) =>
          roles.every((role) =>
            other.columns.every((each) => rules.may(role, 'select', `api.${other.name}`, each.name)),
          ),
        );
      const condition = () => ({
        file: 'policy.sql',
        sql: conditionOn(random, table, { subject: '', tables: earlier }),
      });
      return { kind: 'custom', ...common, using: condition(), ...(random.percent(30) && { check: condition() }) };
    }
  }
}

/** The column's type, or one that compares with it. */
function castOf(random: Random, type: Type) {
  if (type === 'int') return random.one(['int', 'int4', 'bigint', 'numeric'] as const);
  return type === 'bigint' ? random.one(['bigint', 'int8', 'int'] as const) : (type as 'text');
}

function publicWhere(random: Random, { columns }: Table): Record<string, string | number | boolean | null> {
  const fitting = columns.filter(({ name }) =>
    ['flag', 'kind', 'n', 'role', 'level', 'active', 'owner'].includes(name),
  );
  const { name, type, required } = random.one(fitting);
  if (!required && random.percent(25)) return { [name]: null };
  return { [name]: literalOf(random, type) };
}

function literalOf(random: Random, type: Type): string | number | boolean {
  if (type === 'boolean') return random.percent(60);
  if (type === 'text') return random.one(['a', 'b']);
  if (type === 'uuid') return `00000000-0000-4000-8000-00000000000${1 + random.below(3)}`;
  return 1 + random.below(3);
}

const sqlOf = (value: string | number | boolean) => (typeof value === 'string' ? `'${value}'` : String(value));

/** A condition of a small grammar. */
function conditionOn(
  random: Random,
  table: Table,
  around: { readonly subject: string; readonly tables: readonly Table[]; readonly claims?: false },
  depth = 0,
): string {
  const again = () => conditionOn(random, table, around, depth + 1);
  if (depth < 3 && random.percent(45)) {
    const form = random.below(3);
    return form === 0 ? `(${again()} AND ${again()})` : form === 1 ? `(${again()} OR ${again()})` : `NOT (${again()})`;
  }
  const at = (name: string) => `${around.subject}${name}`;
  const { name, type } = random.one(table.columns.filter((column) => column.type !== 'timestamptz'));
  const claimed = () => {
    if (around.claims === false) return sqlOf(literalOf(random, type));
    const claim = [random.one(CLAIMS)]
      .flat()
      .map((part) => `'${part}'`)
      .join(', ');
    return type === 'text'
      ? `(SELECT :"private".claim(${claim}))`
      : `(SELECT :"private".try_cast(:"private".claim(${claim}), NULL::${type}))`;
  };
  const parent = table.columns.find((column) => column.references !== undefined);
  switch (random.below(10)) {
    case 0:
      return `${at(name)} IS ${random.percent(50) ? 'NOT ' : ''}NULL`;
    case 1:
      return `${at(name)} ${random.one(['=', '<>'])} ${sqlOf(literalOf(random, type))}`;
    case 2:
      return type === 'int' ? `${at(name)} ${random.one(['<', '>', '<=', '>='])} ${1 + random.below(3)}` : 'true';
    case 3:
      return `${at(name)} IN (${sqlOf(literalOf(random, type))}, ${sqlOf(literalOf(random, type))})`;
    case 4:
      return `${at(name)} IS NOT DISTINCT FROM ${claimed()}`;
    case 5: {
      const found = parent && around.tables.find((each) => each.name === parent.references);
      if (!found) return random.one(['true', 'false']);
      const inner = conditionOn(random, found, { subject: 'x.', tables: [] }, 3);
      return `EXISTS (SELECT FROM api.${found.name} AS x WHERE x.id = ${table.name}.parent AND ${inner})`;
    }
    case 6:
      return `coalesce(${at(name)} = ${claimed()}, ${random.one(['true', 'false'])})`;
    default:
      return `${at(name)} ${random.percent(85) ? '=' : '<>'} ${claimed()}`;
  }
}
