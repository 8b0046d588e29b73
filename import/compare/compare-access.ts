import { randomBytes } from 'node:crypto';
import { accessMatrix, type AccessCell, type AccessMatrix } from '../../access/matrix.ts';
import type { Subjects } from '../../access/subjects.ts';
import { applyDeclaration } from '../../apply/apply.ts';
import { apiRoles } from '../../declaration/roles.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';
import { statementsOf } from '../../postgres/statements.ts';
import { withClient } from '../../postgres/with-client.ts';
import { startPostgres } from '../../testing/servers/postgres-server.ts';
import type { FoundRelation } from '../database/found.ts';
import type { Laboratory } from '../laboratory/laboratory.ts';
import { shownName } from '../project/written-name.ts';
import type { Note } from '../report/notes.ts';
import type { ComparedAccess } from '../report/report-file.ts';
import { fillEmptyTables, rowsAsSeed } from './sample-rows.ts';
import { comparedSubjects } from './subjects.ts';

const statement = statementsOf('import/compare');

const DATABASE = 'imported';

/** Parts of a comparison. */
export interface ComparedParts {
  readonly laboratory: Laboratory;
  readonly declaration: Declaration;
  readonly relations: readonly FoundRelation[];
  readonly notes: readonly Note[];
}

/**
 * Measures the imported schema and a new database with the declaration, both with the same rows, and compares who reaches
 * which of them.
 */
export async function compareAccess(parts: ComparedParts): Promise<ComparedAccess> {
  const { laboratory, declaration, relations } = parts;
  const tables = relations.filter(({ kind }) => kind === 'r' || kind === 'p');
  const subjects = comparedSubjects(declaration);
  const seed = await laboratory.session(async (client) => {
    await fillEmptyTables(client, tables);
    return rowsAsSeed(client, tables);
  });
  const measured = { ...declaration, ...measuredRelations(parts) };
  await laboratory.session((client) => standIn(client, declaration));
  const before = await accessMatrix(laboratory.connection, measured, subjects);
  const after = await measureNew(declaration, measured, subjects, seed);
  return differences(before, after, parts.notes);
}

/** Everything that requests can name, declared or not. */
function measuredRelations({ declaration, relations }: ComparedParts): Pick<Declaration, 'tables' | 'views'> {
  const exposed = relations.filter(({ schema }) => declaration.schemas.includes(schema));
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
  const { rows } = await client.query<{ name: string }>(statement('missing_roles', { roles: [authenticator, ...roles] }));
  for (const { name: role } of rows) await client.query(statement('create_role', { role }));
  for (const role of roles) await client.query(statement('join', { role, authenticator }));
}

async function measureNew(
  declaration: Declaration,
  measured: Declaration,
  subjects: Subjects,
  seed: SqlSource,
): Promise<AccessMatrix> {
  await using postgres = await startPostgres({ databases: [DATABASE] });
  const connection = postgres.connection(DATABASE);
  const passwords = { authenticator: randomBytes(24).toString('base64url') };
  await applyDeclaration(connection, declaration, { passwords });
  await withClient(connection, (client) => client.query(seed.sql));
  return await accessMatrix(connection, measured, subjects);
}

/** Differences by name, and whether a note tells of them. */
export function differences(before: AccessMatrix, after: AccessMatrix, notes: readonly Note[]): ComparedAccess {
  const found = before.relations.flatMap((relation, index) => {
    const object = shownName(relation);
    return relation.cells.map((cell, position) => ({
      object,
      difference: differenceOf(cell, after.relations[index]!.cells[position]!),
      text: `\`${object}\`, ${cell.subject}, ${cell.command}`,
    }));
  });
  const different = found.filter(({ difference }) => difference?.text !== LOST_NOTHING).flatMap(({ object, difference, text }) =>
    difference === undefined ? [] : [{ line: `${text}: ${difference.text}`, isExplained: difference.isExpected || isTold(object, notes) }],
  );
  return {
    compared: found.length,
    refused: found.filter(({ difference }) => difference?.text === LOST_NOTHING).length,
    explained: different.filter(({ isExplained }) => isExplained).map(({ line }) => line),
    unexplained: different.filter(({ isExplained }) => !isExplained).map(({ line }) => line),
  };
}

/** A request that reached no row before, and is refused now. */
const LOST_NOTHING = 'reached no row, is refused';

function differenceOf({ reach: old }: AccessCell, { reach: now }: AccessCell): { text: string; isExpected: boolean } | undefined {
  if ('refused' in old) {
    if ('refused' in now) return undefined;
    return { text: `was refused (${old.refused}), reaches ${now.rows.length} rows`, isExpected: false };
  }
  if ('refused' in now) {
    if (old.rows.length === 0 && now.refused === '42501') return { text: LOST_NOTHING, isExpected: true };
    return { text: `reached ${old.rows.length} rows, is refused (${now.refused})`, isExpected: false };
  }
  const [lost, gained] = [without(old.rows, now.rows), without(now.rows, old.rows)];
  if (lost.length + gained.length > 0) {
    return { text: `reaches ${now.rows.length} rows instead of ${old.rows.length}`, isExpected: false };
  }
  const [fewer, more] = [without(old.columns, now.columns), without(now.columns, old.columns)];
  if (fewer.length + more.length === 0) return undefined;
  return { text: `columns differ: ${[...fewer, ...more].join(', ')}`, isExpected: false };
}

function without(names: readonly string[], others: readonly string[]): string[] {
  return names.filter((name) => !others.includes(name));
}

/** Tests if the report has a note about the table or view, or about a policy on it. */
function isTold(object: string, notes: readonly Note[]): boolean {
  return notes.some(({ reason, object: named }) => EXPLAINING.includes(reason) && (named === object || named.endsWith(` on ${object}`)));
}

const EXPLAINING: readonly Note['reason'][] = [
  'rejected_condition',
  'view_over_exposed',
  'unprotected_relation',
];
