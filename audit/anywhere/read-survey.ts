import type pg from 'pg';
import { grantsFrom, type Grant } from '../../postgres/catalog/acl.ts';
import { configureSession } from '../../postgres/session.ts';
import type { StatementNames } from '../../postgres/statement-names.ts';
import { statementsOf } from '../../postgres/statements.ts';
import type {
  RowCommand,
  Survey,
  SurveyedColumn,
  SurveyedFunction,
  SurveyedIndex,
  SurveyedPolicy,
  SurveyedReference,
  SurveyedRelation,
  SurveyedRole,
  SurveyedRule,
  SurveyedSchema,
  SurveyedTrigger,
} from './survey.ts';

const statement = statementsOf('audit/survey');

/** Reads in one transaction that cannot write, so that all parts are of the same moment. */
export async function surveying<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await configureSession(client);
  await client.query(statement('begin'));
  try {
    return await work();
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

/** A row with privileges as Postgres stores them; owners and other roles are numbers. */
type Row = Readonly<Record<string, unknown>>;
/** Fields as the query names them. */
type Raw<Found, Changed extends keyof Found> = Omit<Found, Changed> & Row;

/** Reads what a database holds. The search path must be pg_catalog alone, so that Postgres shows names in full. */
export async function readSurvey(client: pg.ClientBase): Promise<Survey> {
  const read = async <Found = Row>(name: StatementNames['audit/survey']) =>
    (await client.query<Found & pg.QueryResultRow>(statement(name))).rows as readonly Found[];
  const roleRows = await read<SurveyedRole & { readonly id: string }>('roles');
  const roleNames = new Map(roleRows.map(({ id, name }) => [id, name]));
  /** A role that is gone is shown by its number. */
  const roleName = (id: unknown) => roleNames.get(id as string) ?? String(id);
  const grantsOf = ({ acl, owner }: Row): Grant[] =>
    grantsFrom((acl as string[] | null | undefined) ?? null, owner === undefined ? '' : roleName(owner));
  const withGrants = <Found>({ acl, owner, ...row }: Row) =>
    ({ ...row, ...(owner !== undefined && { owner: roleName(owner) }), grants: grantsOf({ acl, owner }) }) as Found;

  const [server] = await read('server');
  const schemaRows = await read<Row & { readonly id: string }>('schemas');
  const schemaNames = new Map(schemaRows.map(({ id, name }) => [id, name as string]));
  const schemaName = (id: unknown) => schemaNames.get(id as string) ?? String(id);

  const relationRows = await read<Raw<SurveyedRelation, 'writable'> & { updatable: number; triggered: number }>(
    'relations',
  );
  const relations = new Map(
    relationRows.map(({ updatable, triggered, ...row }): [string, Filled<SurveyedRelation>] => [
      row.id,
      {
        ...withGrants<SurveyedRelation>(row),
        schema: schemaName(row.schema),
        writable: writableBy(row.kind, updatable | triggered),
        columns: [],
        checks: [],
        indexes: [],
        references: [],
        policies: [],
        triggers: [],
        rules: [],
        parents: [],
        children: [],
        reads: [],
        calls: [],
        published: [],
        subscriptions: [],
      },
    ]),
  );
  const functions = new Map(
    (await read<Raw<SurveyedFunction, 'grants'>>('functions')).map((row): [string, Filled<SurveyedFunction>] => [
      row.id,
      {
        ...withGrants<SurveyedFunction>(row),
        schema: schemaName(row.schema),
        of_row: relations.get(row.of_row as unknown as string),
        reads: [],
        calls: [],
      },
    ]),
  );
  for (const { relation, columns } of await read<{ relation: string; columns: readonly ColumnRow[] }>('columns')) {
    const owner = relations.get(relation)?.owner ?? '';
    relations.get(relation)?.columns.push(...columns.map((column) => columnOf(column, owner)));
  }
  for (const { relation, checks } of await read<{ relation: string; checks: readonly string[] }>('checks')) {
    relations.get(relation)?.checks.push(...checks);
  }
  for (const { relation, ...index } of await read<SurveyedIndex & { relation: string }>('indexes')) {
    relations.get(relation)?.indexes.push(index);
  }
  for (const row of await read<Omit<SurveyedReference, 'referenced'> & { relation: string; referenced: string }>(
    'references',
  )) {
    const referenced = relations.get(row.referenced);
    const { relation, ...reference } = row;
    if (referenced) relations.get(relation)?.references.push({ ...reference, referenced });
  }
  const policies = new Map<string, Filled<SurveyedPolicy>>();
  for (const row of await read<SurveyedPolicy & { relation: unknown }>('policies')) {
    const relation = relations.get(row.relation as unknown as string);
    if (!relation) continue;
    const roles = row.roles.map((id) => (id === '0' ? 'public' : roleName(id)));
    const policy = { ...row, relation, roles, reads: [], calls: [] };
    policies.set(row.id, policy);
    relation.policies.push(policy);
  }
  for (const { kind, id, needs, needs_id } of await read<DependencyRow>('dependencies')) {
    const user = { relation: relations, policy: policies, function: functions }[kind].get(id);
    const [relation, fn] = [relations.get(needs_id), functions.get(needs_id)];
    if (needs === 'relation' && relation) user?.reads.push(relation);
    if (needs === 'function' && fn) user?.calls.push(fn);
  }
  for (const row of await read<TriggerRow>('triggers')) {
    const on = (['insert', 'update', 'delete'] as const).filter((command) => row[`on_${command}`]);
    const { name, enabled, before } = row;
    relations.get(row.relation)?.triggers.push({ name, enabled, before, on, function: functions.get(row.function) });
  }
  for (const { relation, ...rule } of await read<SurveyedRule & { relation: string }>('rewrite_rules')) {
    relations.get(relation)?.rules.push(rule);
  }
  for (const row of await read<{ parent: string; child: string }>('children')) {
    const [parent, child] = [relations.get(row.parent), relations.get(row.child)];
    if (!parent || !child) continue;
    parent.children.push(child);
    child.parents.push(parent);
  }
  for (const { relation, name, filtered } of await read<{ relation: string; name: string; filtered: boolean }>(
    'published',
  )) {
    relations.get(relation)?.published.push({ name, filtered });
  }
  for (const { relation, name } of await read<{ relation: string; name: string }>('subscribed')) {
    relations.get(relation)?.subscriptions.push(name);
  }
  return {
    server: withGrants(server!),
    roles: new Map(roleRows.map((role) => [role.name, role])),
    memberships: (await read('memberships')).map((row) => ({
      ...(row as unknown as Survey['memberships'][number]),
      member: roleName(row['member']),
      role: roleName(row['role']),
    })),
    settings: (await read('settings')).map((row) => ({
      ...(row as unknown as Survey['settings'][number]),
      role: row['role'] === '0' ? null : roleName(row['role']),
    })),
    schemas: new Map(schemaRows.map((row) => [row['name'] as string, withGrants<SurveyedSchema>(row)])),
    relations: [...relations.values()],
    functions: [...functions.values()],
    serverFunctions: (await read('server_functions')).map((row) => withGrants(row)),
    defaultPrivileges: (await read('default_privileges')).map(({ role, schema, ...row }) => ({
      ...withGrants<Survey['defaultPrivileges'][number]>({ ...row, owner: role }),
      role: roleName(role),
      schema: schema === null ? null : schemaName(schema),
    })),
    extensions: (await read('extensions')).map((row) => ({
      ...(row as unknown as Survey['extensions'][number]),
      schema: schemaName(row['schema']),
    })),
    eventTriggers: (await read('event_triggers')).map(({ owner, ...row }) => ({
      ...(row as unknown as Survey['eventTriggers'][number]),
      owner: roleName(owner),
    })),
    largeObjects: (await read('large_objects')).map((row) => withGrants(row)),
    foreignServers: (await read('foreign_servers')).map((row) => withGrants(row)),
  };
}

/** Lists that come from other rows than the object's own. */
type FilledLater =
  | 'columns'
  | 'checks'
  | 'indexes'
  | 'references'
  | 'policies'
  | 'triggers'
  | 'rules'
  | 'parents'
  | 'children'
  | 'reads'
  | 'calls'
  | 'published'
  | 'subscriptions';

/** An object while its lists are filled. */
type Filled<Found> = {
  readonly [Key in keyof Found]: Key extends FilledLater
    ? Found[Key] extends readonly (infer Item)[]
      ? Item[]
      : Found[Key]
    : Found[Key];
};

type ColumnRow = readonly [
  name: string,
  type: string,
  required: boolean,
  generated: boolean,
  default_: string | null,
  acl: readonly string[] | null,
  labels: readonly string[] | null,
];

function columnOf([name, type, required, generated, default_, acl, labels]: ColumnRow, owner: string): SurveyedColumn {
  return { name, type, required, generated, default: default_, labels, grants: grantsFrom(acl, owner) };
}

interface DependencyRow {
  readonly kind: 'relation' | 'policy' | 'function';
  readonly id: string;
  readonly needs: 'relation' | 'function';
  readonly needs_id: string;
}

interface TriggerRow extends Omit<SurveyedTrigger, 'function' | 'on'> {
  readonly relation: string;
  readonly function: string;
  readonly on_insert: boolean;
  readonly on_update: boolean;
  readonly on_delete: boolean;
}

/** Bits of `pg_relation_is_updatable`. */
const UPDATABLE = [
  ['update', 4],
  ['insert', 8],
  ['delete', 16],
] as const satisfies readonly (readonly [RowCommand, number])[];

function writableBy(kind: SurveyedRelation['kind'], bits: number): RowCommand[] {
  return UPDATABLE.filter(([, bit]) => kind !== 'v' || (bits & bit) !== 0).map(([command]) => command);
}
