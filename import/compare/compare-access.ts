import { randomBytes } from 'node:crypto';
import { accessMatrix, type AccessCell, type RelationAccess } from '../../access/matrix.ts';
import type { Subjects } from '../../access/subjects.ts';
import { applyDeclaration } from '../../apply/apply.ts';
import { createRoles } from '../../apply/create-roles.ts';
import { apiRoles } from '../../declaration/roles.ts';
import type { Declaration } from '../../declaration/types.ts';
import { SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import { INSUFFICIENT_PRIVILEGE } from '../../postgres/sqlstate.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';
import { statementsOf } from '../../postgres/statements.ts';
import { withClient } from '../../postgres/with-client.ts';
import type { FoundPolicy, FoundRelation } from '../database/found.ts';
import {
  startConfinedPostgres,
  untrustedExtensions,
  type UntrustedExtension,
} from '../laboratory/confined-postgres.ts';
import type { Laboratory } from '../laboratory/laboratory.ts';
import { shownName } from '../project/written-name.ts';
import type { Note } from '../report/notes.ts';
import type { ComparedAccess } from '../report/report-file.ts';
import { compareCalls, isDeclaredCall, readCalls, widerGrants, type Calls } from './calls.ts';
import { addSampleRows, rowsAsSeed } from './sample-rows.ts';
import { comparedSubjects } from './subjects.ts';

const statement = statementsOf('import/compare');

/** Parts of a comparison. */
export interface ComparedParts {
  readonly laboratory: Laboratory;
  readonly declaration: Declaration;
  readonly relations: readonly FoundRelation[];
  readonly policies: readonly FoundPolicy[];
  readonly notes: readonly Note[];
}

/** The comparison, and what it was measured with. */
export interface MeasuredAccess {
  readonly access: ComparedAccess;
  /** Notes about what only the comparison shows. */
  readonly notes: readonly Note[];
  readonly subjects: Subjects;
  readonly rows: SqlSource;
}

/**
 * Measures the imported schema and a new database with the declaration, both with the same rows, and compares who reaches
 * which of them, and who may call which function.
 */
export async function compareAccess(parts: ComparedParts): Promise<MeasuredAccess> {
  const { laboratory, declaration, relations, policies } = parts;
  const tables = relations.filter(({ kind }) => kind === 'r' || kind === 'p');
  const subjects = comparedSubjects(declaration);
  const seed = await laboratory.session(async (client) => {
    await addSampleRows(client, tables, policies);
    const rows = await rowsAsSeed(client, tables);
    await client.query(rows.sql);
    return rows;
  });
  const measured = { ...declaration, ...measuredRelations(parts) };
  await laboratory.session((client) => standIn(client, declaration));
  const before = await measure(laboratory.connection, measured, { subjects, isServed: () => true });
  const extensions = await laboratory.session(untrustedExtensions);
  const after = await measureNew(declaration, measured, { subjects, seed, extensions }).catch((error: unknown) => {
    if (error instanceof SecuredPostgrestError) return error;
    throw error;
  });
  if (after instanceof SecuredPostgrestError) return { access: notApplied(after), notes: [], subjects, rows: seed };
  const cells = [
    ...compareRelations(before.relations, after.relations),
    ...compareCalls(before.calls.requests, after.calls.requests, declaration),
  ];
  const wider = widerGrants(before.calls.privileges, after.calls.privileges);
  return { access: differences(cells, parts.notes), notes: wider, subjects, rows: seed };
}

/** A project is of use also where something in it has to be mended first. */
function notApplied({ message }: SecuredPostgrestError): ComparedAccess {
  return { compared: 0, refused: 0, explained: [], unexplained: [`a new database cannot be made: ${message}`] };
}

/** Everything that requests can name, declared or not. */
function measuredRelations({ declaration, relations }: ComparedParts): Pick<Declaration, 'tables' | 'views'> {
  const exposed = relations.filter(
    ({ schema, kind }) => declaration.schemas.includes(schema) && kind !== 'm' && kind !== 'f',
  );
  const declared = new Map([...declaration.tables, ...declaration.views].map((one) => [shownName(one), one]));
  const measured = exposed.map(({ schema, name, kind }) => ({
    schema,
    name,
    isTable: kind === 'r' || kind === 'p',
    grants: declared.get(shownName({ schema, name }))?.grants ?? [],
  }));
  return {
    tables: measured.filter(({ isTable }) => isTable).map((table) => ({ ...table, policies: [] })),
    views: measured.filter(({ isTable }) => !isTable),
  };
}

async function standIn(client: Parameters<Parameters<Laboratory['session']>[0]>[0], declaration: Declaration) {
  const { privateSchema, authenticator } = declaration;
  const roles = apiRoles(declaration).map(({ name }) => name);
  await client.query(statement('stand_in', { private: privateSchema }));
  const { rows } = await client.query<{ name: string }>(
    statement('missing_roles', { roles: [authenticator, ...roles] }),
  );
  for (const { name: role } of rows) await client.query(statement('create_role', { role }));
  for (const role of roles) await client.query(statement('join', { role, authenticator }));
}

interface NewDatabase {
  readonly subjects: Subjects;
  readonly seed: SqlSource;
  /** Extensions that a superuser has created, as an error of a deploy asks for. */
  readonly extensions: readonly UntrustedExtension[];
}

async function measureNew(
  declaration: Declaration,
  measured: Declaration,
  { subjects, seed, extensions }: NewDatabase,
): Promise<Measured> {
  await using postgres = await startConfinedPostgres();
  const { connection } = postgres;
  const passwords = { authenticator: randomBytes(24).toString('base64url') };
  const settings = apiRoles(declaration).flatMap((role) => Object.keys(role.settings));
  await postgres.allowSettings([...new Set(settings)].filter((name) => name.includes('.')));
  await withClient(connection, (client) => createRoles(client, declaration, passwords));
  await postgres.closeExtensions();
  await postgres.addExtensions(extensions);
  await applyDeclaration(connection, declaration);
  await withClient(connection, (client) => client.query(seed.sql));
  const isServed: IsServed = (fn, role) => isDeclaredCall(fn, role, declaration);
  return await measure(connection, measured, { subjects, isServed });
}

/** Access of one database. */
interface Measured {
  readonly relations: MeasuredRelations;
  readonly calls: Calls;
}

/** The access to each table and view by its name, or why it cannot be measured: a query of it may fail for everybody. */
type MeasuredRelations = ReadonlyMap<string, RelationAccess | string>;

type IsServed = Parameters<typeof readCalls>[2];

async function measure(
  connection: DatabaseConnection,
  declaration: Declaration,
  { subjects, isServed }: { readonly subjects: Subjects; readonly isServed: IsServed },
): Promise<Measured> {
  const calls = await withClient(connection, (client) => readCalls(client, declaration, isServed));
  const { tables, views } = declaration;
  const measureOnly = (only: Partial<Declaration>) =>
    accessMatrix(connection, { ...declaration, ...only }, subjects).catch((error: unknown) => {
      if (error instanceof SecuredPostgrestError && error.code === 'access_sql_failed') return error.problem;
      throw error;
    });
  const all = await measureOnly({});
  if (typeof all !== 'string') return { relations: new Map(all.relations.map((one) => [shownName(one), one])), calls };
  const relations = new Map<string, RelationAccess | string>();
  const each = [
    ...tables.map((table) => ({ tables: [table], views: [] })),
    ...views.map((view) => ({ tables: [], views: [view] })),
  ];
  for (const only of each) {
    const one = await measureOnly(only);
    const [relation] = [...only.tables, ...only.views];
    relations.set(shownName(relation!), typeof one === 'string' ? one : one.relations[0]!);
  }
  return { relations, calls };
}

/** One cell for every table and view, subject and command. */
export function compareRelations(before: MeasuredRelations, after: MeasuredRelations): ComparedCell[] {
  return [...before].flatMap(([object, old]) => compareRelation(object, old, after.get(object)!));
}

/** Differences by name, and whether a note tells of them. */
export function differences(cells: readonly ComparedCell[], notes: readonly Note[]): ComparedAccess {
  const different = cells.filter(({ difference }) => difference !== undefined && difference !== LOST_NOTHING);
  const lines = (isExplained: boolean) =>
    different
      .filter(({ object }) => isTold(object, notes) === isExplained)
      .map(({ cell, difference }) => `${cell}: ${difference}`);
  return {
    compared: cells.length,
    refused: cells.filter(({ difference }) => difference === LOST_NOTHING).length,
    explained: lines(true),
    unexplained: lines(false),
  };
}

/** A comparison of one subject on one object, before and now. */
export interface ComparedCell {
  /** Name of the relation, or signature of the function. */
  readonly object: string;
  /** Object, subject and command. */
  readonly cell: string;
  /** @default it is the same */
  readonly difference: string | undefined;
}

function compareRelation(object: string, old: RelationAccess | string, now: RelationAccess | string): ComparedCell[] {
  if (typeof old === 'string' || typeof now === 'string') {
    const isSame = typeof old === typeof now;
    const cell = `\`${object}\` cannot be measured`;
    return [{ object, cell, difference: isSame ? undefined : [old, now].find((one) => typeof one === 'string') }];
  }
  return old.cells.map((cell, index) => ({
    object,
    cell: `\`${object}\`, ${cell.subject}, ${cell.command}`,
    difference: differenceOf(cell, now.cells[index]!),
  }));
}

/** A request that reached no row before, and is refused now. */
const LOST_NOTHING = 'reached no row, is refused';

function differenceOf({ command, reach: old }: AccessCell, { reach: now }: AccessCell): string | undefined {
  if ('refused' in old) {
    return 'refused' in now ? undefined : `was refused (${old.refused}), reaches ${now.rows.length} rows`;
  }
  if ('refused' in now) {
    if (old.rows.length > 0 || now.refused !== INSUFFICIENT_PRIVILEGE) {
      return `reached ${old.rows.length} rows, is refused (${now.refused})`;
    }
    // Each row of an insert was refused as well.
    return command === 'insert' ? undefined : LOST_NOTHING;
  }
  if (without(old.rows, now.rows).length + without(now.rows, old.rows).length > 0) {
    return `reaches ${now.rows.length} rows instead of ${old.rows.length}`;
  }
  const columns = [...without(old.columns, now.columns), ...without(now.columns, old.columns)];
  return columns.length === 0 ? undefined : `columns differ: ${columns.join(', ')}`;
}

function without(names: readonly string[], others: readonly string[]): string[] {
  return names.filter((name) => !others.includes(name));
}

/** Tests if the report has a note about the object, or about a policy on it. */
function isTold(object: string, notes: readonly Note[]): boolean {
  return notes.some(
    ({ reason, object: named }) => EXPLAINING.includes(reason) && (named === object || named.endsWith(` on ${object}`)),
  );
}

const EXPLAINING: readonly Note['reason'][] = [
  'rejected_condition',
  'view_over_exposed',
  'view_without_table',
  'rewrite_rule',
  'untrusted_function',
];
