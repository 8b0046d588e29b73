import { basename } from 'node:path';
import { extraSearchPath } from '../compile/server/settings.ts';
import { declare } from '../declaration/declare.ts';
import type { Declaration, SqlSource } from '../declaration/types.ts';
import { oneLine } from '../errors/one-line.ts';
import { readingDatabase } from './database/read-database.ts';
import { onlyRoles, rolesToRead } from './database/only-roles.ts';
import type { FoundObjects, FoundOutline, FoundRole } from './database/found.ts';
import { readLive } from './database/read-live.ts';
import { readSource, sourceName, type ImportSource } from './files/import-source.ts';
import { readSchemaFile, type SchemaFile } from './files/schema-file.ts';
import { SUPERUSER } from './laboratory/confined-postgres.ts';
import { startLaboratory, type Laboratory, type Unavailable } from './laboratory/laboratory.ts';
import { presetFor, type Preset, type PresetName } from './presets/presets.ts';
import { buildDeclaration } from './project/build-project.ts';
import { accessTestFile } from './project/access-test-file.ts';
import { withoutClosedSchemas } from './project/closed-schemas.ts';
import { inlineText } from './project/condition-text.ts';
import { choose, type Choices, type ImportOptions } from './project/choices.ts';
import { declarationFile } from './project/declaration-file.ts';
import { importSql } from './project/migrations.ts';
import { withSomeRole } from './project/no-roles.ts';
import { withoutReadOnlyWrites } from './project/read-only-views.ts';
import { withViewRights } from './project/view-rights.ts';
import { compareAccess } from './compare/compare-access.ts';
import type { Note } from './report/notes.ts';
import { reportFile, type ComparedAccess } from './report/report-file.ts';
import { recognisePolicies } from './policies/recognise.ts';

export interface ImportSchemaOptions extends ImportOptions {
  /** @default found out */
  readonly preset?: PresetName | undefined;
  /** Receives the current step. @default no callback */
  readonly onProgress?: (step: string) => void;
}

/** An imported project. */
export interface ImportedProject {
  readonly declaration: Declaration;
  /** Texts by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly notes: readonly Note[];
  readonly access: ComparedAccess;
}

/**
 * Imports a schema: runs it in a Postgres of its own, reads what it allows, and writes that as a project.
 *
 * @throws SecuredPostgrestError `unreadable_sql`, `invalid_sql`, `unknown_schema`, `unknown_role`, `missing_binary`, and what
 *   `declare` throws
 */
export async function importSchema(source: ImportSource, options: ImportSchemaOptions): Promise<ImportedProject> {
  const { onProgress = () => {} } = options;
  const isDump = !('migrations' in source);
  const live = 'database' in source ? await readLive(source.database, options.preset) : undefined;
  const sources = 'database' in source ? live!.sources : readSource(source);
  const read = await Promise.all(sources.map(readSchemaFile));
  const files = isDump ? rolesFirst(read) : read;
  const preset = presetFor(options.preset ?? live?.preset, files, isDump);
  onProgress('starting Postgres');
  await using laboratory = await startLaboratory();
  onProgress('running the schema');
  await laboratory.prepare(preset.prelude);
  const unavailable = await laboratory.run(files);
  onProgress('reading who may do what');
  const { outline, choices, objects } = await readFound(laboratory, options, { preset, live: live?.outline });
  const served = withoutReadOnlyWrites(objects);
  const open = withoutClosedSchemas(served.objects, outline, choices.exposed);
  const rights = withViewRights(open.objects, choices.exposed);
  onProgress('recognising policies');
  const frame = declare({
    name: choices.name,
    schemas: choices.exposed,
    internalSchemas: choices.internal,
    roles: { users: [`${choices.name}_user`] },
  });
  const policies = await laboratory.session((client) => recognisePolicies(client, frame, rights.objects));
  const built = buildDeclaration({ outline, choices, objects: rights.objects, policies });

  const managed = [...choices.exposed, ...choices.internal];
  const extra = extraSearchPath(declare(built.input));
  const context = {
    managed,
    platform: preset.platformSchemas,
    searched: [...extra, ...outline.extensions.map(({ schema }) => schema)].filter(
      (schema) => !managed.includes(schema),
    ),
    ...(!isDump && choices.exposed[0] !== 'public' && { searchPath: [...new Set(['public', ...extra])] }),
    superuserSettings: [...new Set(objects.functions.flatMap((fn) => fn.superuser_settings))],
    roles: [...(choices.anonymous === undefined ? [] : [choices.anonymous]), ...choices.users],
    isDump,
    unavailable: new Set(unavailable.map(({ statement }) => statement)),
  };
  const sql = importSql(files, { context, repairs: built.repairs, before: preset.migrations(context.roles) });
  const declaration = declare({ ...built.input, migrations: sql.migrations });
  const found: Note[] = [
    ...unavailable.map(noteOfUnavailable),
    ...built.notes,
    ...served.notes,
    ...open.notes,
    ...rights.notes,
    ...sql.notes,
    ...files
      .filter(({ hadOldClaims }) => hadOldClaims)
      .map(({ file }) => ({ reason: 'old_claims' as const, object: basename(file) })),
  ];
  onProgress('comparing the new database with the old one');
  const compared = await compareAccess({ laboratory, declaration, notes: found, ...rights.objects });
  const { access, subjects, rows } = compared;
  const notes = [...found, ...compared.notes];
  const written: SqlSource[] = [...sql.migrations, rows, ...(sql.seed ? [sql.seed] : [])];
  return {
    declaration,
    notes,
    access,
    files: new Map([
      ['declaration.ts', declarationFile(built.input, sourceName(source))],
      ['access.test.ts', accessTestFile(subjects, rows.file)],
      ['IMPORT.md', reportFile(declaration.name, sourceName(source), notes, access)],
      ...[...policyFiles(declaration), ...written].map(({ file, sql: text }) => [file, text] as const),
    ]),
  };
}

/** Files of a dump with those first that hold only roles, as others name them. A file that also grants on tables stays after these. */
export function rolesFirst(files: readonly SchemaFile[]): SchemaFile[] {
  const isOfRoles = ({ statements }: SchemaFile) =>
    statements.some(({ kind }) => kind === 'CreateRoleStmt') && statements.every(({ kind }) => OF_ROLES.includes(kind));
  return [...files.filter(isOfRoles), ...files.filter((file) => !isOfRoles(file))];
}

/** Statements that pg_dumpall --roles-only writes, and that people add to it. */
const OF_ROLES = [
  ...['CreateRoleStmt', 'AlterRoleStmt', 'AlterRoleSetStmt', 'GrantRoleStmt', 'DropRoleStmt'],
  ...['CommentStmt', 'DoStmt', 'TransactionStmt', 'VariableSetStmt', 'SelectStmt'],
];

function noteOfUnavailable({ statement, place, extension }: Unavailable): Note {
  return extension === undefined
    ? { reason: 'needs_extension', object: basename(place), detail: oneLine(statement.sql, 80) }
    : { reason: 'missing_extension', object: extension, detail: place };
}

async function readFound(
  laboratory: Laboratory,
  options: ImportOptions,
  { preset, live }: { preset: Preset; live: FoundOutline | undefined },
): Promise<{ outline: FoundOutline; choices: Choices; objects: FoundObjects }> {
  return laboratory.session((client) =>
    readingDatabase(client, async (reader) => {
      const own = await reader.outline();
      const tried = { ...own, roles: asImported(own.roles, laboratory) };
      const outline = live ? { ...tried, roles: live.roles, databaseSettings: live.databaseSettings } : tried;
      const choices = withSomeRole(choose(outline, options, preset));
      const roles = [...(choices.anonymous === undefined ? [] : [choices.anonymous]), ...choices.users];
      const schemas = [...choices.exposed, ...choices.internal];
      const objects = await reader.objects(schemas, rolesToRead(roles, outline.schemas));
      return { outline, choices, objects: onlyRoles(objects, roles) };
    }),
  );
}

/** Roles as the schema has them. */
function asImported(roles: readonly FoundRole[], { superusers }: Laboratory): FoundRole[] {
  return roles
    .filter(({ name }) => name !== SUPERUSER)
    .map((role) => (superusers.has(role.name) ? { ...role, superuser: true } : role));
}

/** Conditions that no template stands for, and that are too long for the declaration. */
function policyFiles({ tables }: Declaration): SqlSource[] {
  return tables
    .flatMap(({ policies }) => policies)
    .flatMap(({ input }) => (input.kind === 'custom' ? [input.using, ...(input.check ? [input.check] : [])] : []))
    .filter((condition) => inlineText(condition) === undefined);
}
