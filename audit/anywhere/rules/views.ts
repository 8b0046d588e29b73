import { relationObject } from '../../finding-object.ts';
import { fix, type Fix } from '../../fix.ts';
import { sqlName } from '../../relations.ts';
import { namesIn } from '../../../postgres/catalog/body-names.ts';
import type { Level } from '../../finding.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import type { Anywhere } from '../anywhere.ts';
import { filtersByClaim } from '../claim-filters.ts';
import { doorsOf, hasOwnWrite, throughDoor, type ReachedRelation } from '../doors.ts';
import { grantedColumns, keeperOf, reachesAll, type Keeper } from '../kept.ts';
import { isForeign } from '../platform.ts';
import { revokeCommands } from '../revoke.ts';
import { byObject } from '../role-findings.ts';
import type { RowCommand, SurveyedRelation } from '../survey.ts';
import { viewBase, withoutBrackets } from '../view-base.ts';
import { shownTables, type ShownTable } from '../view-tables.ts';
import { listed } from '../words.ts';

/** A table that a view shows past what keeps a role from it. */
interface Revealed extends ShownTable {
  readonly keeper: Keeper;
}

/** A view that a role of requests gets to, with the tables that it should not show. */
interface Revealing {
  readonly reached: ReachedRelation;
  readonly tables: readonly Revealed[];
}

const WHAT_KEEPS: Readonly<Record<Keeper, string>> = {
  policies: 'past its policies',
  grants: 'without a grant on it',
  columns: 'with columns that are not granted',
  'owner column': 'of every owner',
};

/** Catalogs of Postgres' own that only superusers read: they hold secrets. */
const CLOSED_CATALOGS = new Set([
  ...['pg_authid', 'pg_shadow', 'pg_user_mapping', 'pg_largeobject', 'pg_statistic', 'pg_statistic_ext_data'],
  ...['pg_subscription', 'pg_hba_file_rules', 'pg_ident_file_mappings', 'pg_file_settings', 'pg_config'],
]);

/** Relations of a kind that roles of requests read with their own rights, by what `find` says of them. */
function readBy<Item>(
  audited: Anywhere,
  kinds: readonly SurveyedRelation['kind'][],
  find: (reached: ReachedRelation, role: string) => Item | undefined,
) {
  return byObject(audited, (role) =>
    doorsOf(audited, role).relations.flatMap((reached) => {
      const { relation, command, as } = reached;
      if (command !== 'select' || as !== role || !kinds.includes(relation.kind) || isForeign(audited, relation))
        return [];
      const item = find(reached, role);
      return item === undefined ? [] : [[relation, item] as const];
    }),
  );
}

function revealedBy(audited: Anywhere, view: SurveyedRelation, role: string): Revealed[] {
  return shownTables(audited, view, role).flatMap((shown) => {
    const { table, as, views } = shown;
    const columns = view.columns.map(({ name }) => name);
    if (as === role || isAuthUsers(table) || views.some((inner) => asksAsPolicy(audited, inner, table, role)))
      return [];
    const keeper = keeperOf(audited, role, table, 'select', columns);
    return keeper && reachesAll(audited, as, table, 'select') ? [{ ...shown, keeper }] : [];
  });
}

/** True if the query of a view holds the condition of a policy that gives the role these rows. */
function asksAsPolicy({ reach }: Anywhere, { definition }: SurveyedRelation, table: SurveyedRelation, role: string) {
  const [, where = ''] = /\bWHERE\b([^]*)$/.exec(definition ?? '') ?? [];
  const policies = reach.policies(role, table, 'select');
  return (
    where !== '' &&
    !/\b(?:OR|UNION)\b/.test(where) &&
    policies.every(({ permissive }) => permissive) &&
    policies.some(({ using }) => using !== null && where.includes(using)) &&
    reach.may(role, table, 'select')
  );
}

function isAuthUsers({ schema, name }: SurveyedRelation): boolean {
  return schema === 'auth' && name === 'users';
}

function isFiltered(audited: Anywhere, { views }: ShownTable): boolean {
  return views.some((view) => filtersByClaim(audited, view));
}

function levelOf(tables: readonly Revealed[]): Level {
  return tables.every(({ keeper, views }) => keeper === 'owner column' || views.some(isSummary)) ? 'warning' : 'error';
}

/** True for a view of groups of rows. */
function isSummary({ definition }: SurveyedRelation): boolean {
  return /\bGROUP BY\b/.test(withoutBrackets(definition ?? ''));
}

function tablesInWords(tables: readonly Revealed[]): string {
  const names = new Map(tables.map(({ table, keeper }) => [`${table.schema}.${table.name}`, keeper]));
  return listed([...names].map(([name, keeper]) => `rows of ${name} ${WHAT_KEEPS[keeper]}`));
}

/** Gives the views the rights of their callers, where these may read all that the views read. */
function asInvoker(audited: Anywhere, tables: readonly ShownTable[], roles: readonly string[]): Fix {
  const views = [...new Set(tables.flatMap((shown) => shown.views))].filter(
    ({ kind, security_invoker }) => kind === 'v' && !security_invoker,
  );
  const read = views.flatMap((view) => view.reads.filter(({ kind }) => kind !== 'S'));
  const mechanical =
    tables.every((shown) => shown.views.every(({ kind }) => kind === 'v')) &&
    roles.every((role) => read.every((one) => grantedColumns(audited, role, one, 'select') === 'all'));
  const sql = views.map((view) => `ALTER VIEW ${sqlName(view)} SET (security_invoker = true)`);
  return mechanical
    ? fix(sql.join('; '), ...sql)
    : fix(`${sql.join('; ')}, and grant and write policies for what it shows; or filter by a claim behind a barrier`);
}

export const viewBypassesPolicies: AnywhereRule = {
  id: 'view_bypasses_policies',
  topic: 'exposure',
  levels: ['error', 'warning'],
  otherLevelWhen:
    'where only a column such as `user_id` keeps the rows apart, no policy or grant, or where the view shows groups of rows',
  subject: 'views',
  why: "A view reads with its owner's rights, unless it is security_invoker. Policies and grants of the reader do not count.",
  fix: 'Set security_invoker on the view, or filter its rows by a claim, behind security_barrier.',
  find: (audited) => [
    ...[
      ...readBy(audited, ['v'], (reached, role): Revealing | undefined => {
        if (reached.relation.security_invoker || isPartOfChain(audited, reached, role)) return undefined;
        const tables = revealedBy(audited, reached.relation, role).filter((shown) => !isFiltered(audited, shown));
        return tables.length === 0 ? undefined : { reached, tables };
      }),
    ].map(([view, { roles, items }]) => {
      const tables = items.flatMap((item) => item.tables);
      return {
        level: levelOf(tables),
        object: relationObject(view),
        problem: `shows ${listed(roles)} ${tablesInWords(tables)}${throughDoor(items[0]!.reached)}`,
        fix: asInvoker(audited, tables, roles),
      };
    }),
    ...[
      ...readBy(audited, ['v'], ({ relation }) => {
        const { definition, owner, security_invoker } = relation;
        if (security_invoker || !audited.survey.roles.get(owner)?.superuser) return undefined;
        return namesIn(definition ?? '').tables.find(
          ({ schema = 'pg_catalog', name }) => schema === 'pg_catalog' && CLOSED_CATALOGS.has(name),
        )?.name;
      }),
    ].map(([view, { roles, items }]) => ({
      object: relationObject(view),
      problem: `shows ${listed(roles)} ${items[0]!} with a superuser's rights`,
      fix: revokeCommands(audited, view, roles, ['select']),
    })),
  ],
};

/** True for a view that a request cannot name, behind one with the rights of its caller. */
function isPartOfChain(audited: Anywhere, { relation, from }: ReachedRelation, role: string): boolean {
  return (
    from !== undefined &&
    'relation' in from &&
    from.relation.security_invoker &&
    !(audited.reach.isExposed(relation) && audited.reach.may(role, relation, 'select'))
  );
}

export const viewChain: AnywhereRule = {
  id: 'view_chain',
  topic: 'exposure',
  levels: ['error', 'warning'],
  otherLevelWhen:
    'where only a column such as `user_id` keeps the rows apart, no policy or grant, or where the view shows groups of rows',
  subject: 'views',
  why: "A view with the caller's rights reads another view, and that one reads with its owner's rights.",
  fix: 'Set security_invoker on each view of the chain.',
  find: (audited) =>
    [
      ...readBy(audited, ['v'], ({ relation, from }, role) => {
        if (!relation.security_invoker || from) return undefined;
        const tables = revealedBy(audited, relation, role).filter((shown) => {
          const inner = shown.views.find(({ security_invoker }) => !security_invoker)!;
          const isDoor = audited.reach.isExposed(inner) && audited.reach.may(role, inner, 'select');
          return inner.kind === 'v' && !isDoor && !isFiltered(audited, shown);
        });
        return tables.length === 0 ? undefined : tables;
      }),
    ].map(([view, { roles, items }]) => {
      const tables = items.flat();
      const inner = new Set(
        tables.flatMap(({ views }) =>
          views.filter((one) => !one.security_invoker).map(({ schema, name }) => `${schema}.${name}`),
        ),
      );
      return {
        level: levelOf(tables),
        object: relationObject(view),
        problem: `shows ${listed(roles)} ${tablesInWords(tables)}, because ${listed([...inner])} reads with its owner's rights`,
        fix: asInvoker(audited, tables, roles),
      };
    }),
};

export const authUsersExposed: AnywhereRule = {
  id: 'auth_users_exposed',
  topic: 'exposure',
  levels: ['error'],
  subject: 'views',
  why: 'A view over `auth.users` shows e-mail addresses and metadata of all users, past the row security of that table.',
  fix: 'Copy what may be seen into a table with policies, or filter the view by `auth.uid()`, behind a barrier.',
  find: (audited) =>
    [
      ...readBy(audited, ['v', 'm'], (reached, role) => {
        const { relation } = reached;
        const shown = shownTables(audited, relation, role).find(
          ({ table, as }) =>
            isAuthUsers(table) && (relation.kind === 'm' || as !== role) && reachesAll(audited, as, table, 'select'),
        );
        return shown && !isFiltered(audited, shown) ? reached : undefined;
      }),
    ].map(([view, { roles, items }]) => ({
      object: relationObject(view),
      problem: `shows ${listed(roles)} the users of auth.users${throughDoor(items[0]!)}`,
      fix: revokeCommands(audited, view, roles, ['select'], ', and copy what may be seen into a table with policies'),
    })),
};

export const materializedView: AnywhereRule = {
  id: 'materialized_view',
  topic: 'exposure',
  levels: ['error', 'warning'],
  otherLevelWhen:
    'where only a column such as `user_id` keeps the rows apart, no policy or grant, or where the view shows groups of rows',
  subject: 'views',
  why: 'A materialized view holds rows that its owner has read. It can have no policies.',
  fix: 'Revoke SELECT, and put a view before it that filters by a claim, behind a barrier.',
  find: (audited) =>
    [
      ...readBy(audited, ['m'], (reached, role) => {
        const tables = revealedBy(audited, reached.relation, role);
        return tables.length === 0 ? undefined : { reached, tables };
      }),
    ].map(([view, { roles, items }]) => {
      const tables = items.flatMap((item) => item.tables);
      return {
        level: levelOf(tables),
        object: relationObject(view),
        problem: `shows ${listed(roles)} ${tablesInWords(tables)}${throughDoor(items[0]!.reached)}`,
        fix: revokeCommands(audited, view, roles, ['select'], ', and put a view before it that filters by a claim'),
      };
    }),
};

export const foreignTable: AnywhereRule = {
  id: 'foreign_table',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'views',
  why: 'A foreign table can have no policies: a grant on it reaches every row that the other server gives.',
  fix: 'Revoke the grant, and put a view or a function before it.',
  find: (audited) =>
    [
      ...byObject(audited, (role) =>
        doorsOf(audited, role)
          .relations.filter(({ relation, as }) => relation.kind === 'f' && as === role && !isForeign(audited, relation))
          .map((reached) => [reached.relation, reached] as const),
      ),
    ].map(([table, { roles, items }]) => {
      const commands = [...new Set(items.map(({ command }) => command))];
      return {
        object: relationObject(table),
        problem: `is a foreign table, which no policy can protect: ${listed(roles)} may ${commands.join(', ')} every row${throughDoor(items[0]!)}`,
        fix: revokeCommands(audited, table, roles, commands, ', and put a view or a function before it'),
      };
    }),
};

export const viewWithoutBarrier: AnywhereRule = {
  id: 'view_without_barrier',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'views',
  why: "A filter of the request may run before the view's own condition. Its errors reveal rows of others.",
  fix: 'Set security_barrier on the view.',
  find: (audited) =>
    [
      ...readBy(audited, ['v'], ({ relation }, role) => {
        const open = revealedBy(audited, relation, role).filter(
          (shown) =>
            shown.as !== role &&
            isFiltered(audited, shown) &&
            !shown.views.some((view) => filtersByClaim(audited, view) && view.security_barrier),
        );
        const filtering = open.flatMap(({ views }) => views.find((view) => filtersByClaim(audited, view)) ?? []);
        return filtering.includes(relation) ? open : undefined;
      }),
    ].map(([view, { roles, items }]) => {
      const sql = `ALTER VIEW ${sqlName(view)} SET (security_barrier = true)`;
      const names = new Set(items.flat().map(({ table }) => `${table.schema}.${table.name}`));
      return {
        object: relationObject(view),
        problem: `filters rows of ${listed([...names])} by a claim, and without a barrier filters of ${listed(roles)} may run first`,
        fix: fix(sql, sql),
      };
    }),
};

export const viewWritable: AnywhereRule = {
  id: 'view_writable',
  topic: 'exposure',
  levels: ['error', 'warning'],
  otherLevelWhen: 'where the view filters by a claim, and no CHECK OPTION keeps written rows to it',
  subject: 'views',
  why: "Postgres passes writes through a simple view on to its table, with the rights of the view's owner.",
  fix: 'Revoke INSERT, UPDATE and DELETE on the view, or set security_invoker on it.',
  find: (audited) =>
    [
      ...byObject(audited, (role) =>
        doorsOf(audited, role).relations.flatMap((reached) => {
          const written = reached.as === role ? writtenThrough(audited, reached, role) : undefined;
          return written ? [[reached.relation, { reached, ...written }] as const] : [];
        }),
      ),
    ].map(([view, { roles, items }]) => {
      const commands = [...new Set(items.map(({ reached }) => reached.command))];
      const [{ table, reached }] = items as [(typeof items)[number]];
      return {
        level: items.every(({ filtered }) => filtered) ? 'warning' : 'error',
        object: relationObject(view),
        problem: `lets ${listed(roles)} ${listed(commands)} rows of ${table.schema}.${table.name} with its owner's rights${throughDoor(reached)}`,
        fix: revokeCommands(audited, view, roles, commands),
      };
    }),
};

/** The table that a write through a view changes past what keeps the role from it. */
function writtenThrough(
  audited: Anywhere,
  { relation: view, command }: ReachedRelation,
  role: string,
): { readonly table: SurveyedRelation; readonly filtered: boolean } | undefined {
  if (view.kind !== 'v' || command === 'select' || isForeign(audited, view)) return undefined;
  const passed = passedOn(audited, view, command, role);
  if (!passed || passed.as === role) return undefined;
  const { table, as, filtered, checked } = passed;
  if (filtered && (checked || command === 'delete')) return undefined;
  const columns = view.columns.map(({ name }) => name);
  const keeper = keeperOf(audited, role, table, command, columns);
  // A view that only adds rows, such as those of a form, is made for that.
  const addsOnly =
    command === 'insert' && !['update', 'delete'].some((other) => audited.reach.may(role, view, other as RowCommand));
  const isKept =
    keeper !== undefined || (!(addsOnly && table.schema !== 'auth') && isUngranted(audited, role, table, command));
  return isKept && reachesAll(audited, as, table, command) ? { table, filtered } : undefined;
}

function isUngranted(audited: Anywhere, role: string, table: SurveyedRelation, command: RowCommand): boolean {
  const columns = grantedColumns(audited, role, table, command);
  return columns !== 'all' && columns.size === 0;
}

/** Where a write through views ends, and whose rights count there. */
function passedOn(audited: Anywhere, view: SurveyedRelation, command: RowCommand, role: string) {
  let [inner, as, filtered, checked] = [view, role, false, false];
  const visited = new Set<SurveyedRelation>();
  while (inner.kind === 'v') {
    const base = visited.has(inner) ? undefined : viewBase(audited, inner);
    if (!base || !inner.writable.includes(command) || hasOwnWrite(inner, command)) return undefined;
    visited.add(inner);
    as = inner.security_invoker ? role : inner.owner;
    if (filtersByClaim(audited, inner)) {
      filtered = true;
      checked ||= inner.check_option;
    }
    inner = base;
  }
  return inner.kind === 'r' || inner.kind === 'p' ? { table: inner, as, filtered, checked } : undefined;
}
