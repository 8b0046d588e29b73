import { basename } from 'node:path';
import type { ParsedStatement } from '../../postgres/parse-sql.ts';
import { oneLine } from '../../errors/one-line.ts';
import { placeIn } from '../../postgres/place-in.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';
import { migrationOf, type LeftOut, type SchemaFile } from '../files/schema-file.ts';
import type { PurposeContext } from '../files/purpose.ts';
import type { Note } from '../report/notes.ts';

/** The SQL files of a project. */
export interface ImportedSql {
  readonly migrations: readonly SqlSource[];
  /** Rows of a dump. @default there are none */
  readonly seed?: SqlSource;
  readonly notes: readonly Note[];
}

/** The migrations of imported files, and at last the statements that make the schema fit for a deploy. */
export function importSql(
  files: readonly SchemaFile[],
  { context, repairs, before }: { context: PurposeContext; repairs: readonly string[]; before: readonly SqlSource[] },
): ImportedSql {
  const written = files.map((file) => ({ file, ...migrationOf(file, context, context.isDump ? isData : () => false) }));
  const migrations = context.isDump
    ? [{ file: 'migrations/0001_baseline.sql', sql: written.map(({ sql }) => sql).join('\n') }]
    : written.map(({ file, sql }) => ({ file: `migrations/${basename(file.file)}`, sql }));
  const kept = [...before, ...migrations].filter((migration) => !isEmpty(migration));
  const seed = context.isDump ? seedOf(files, context) : undefined;
  return {
    migrations: repairs.length === 0 ? kept : [...kept, { file: nextFile(kept), sql: `${repairs.join(';\n')};\n` }],
    ...(seed && { seed }),
    notes: [
      ...written.flatMap(({ file, leftOut }) => leftOut.flatMap((one) => noteOf(file, one))),
      ...(context.isDump ? [] : migrations.filter(isEmpty).map(({ file }) => noMigration(file))),
      ...(seed ? [{ reason: 'data' as const, object: seed.file }] : []),
    ],
  };
}

function isEmpty({ sql }: SqlSource): boolean {
  return sql.trim() === '';
}

function noMigration(file: string): Note {
  return { reason: 'no_migration', object: basename(file) };
}

/** Rows, and where sequences stand. */
function isData({ kind, node }: ParsedStatement): boolean {
  return (
    kind === 'InsertStmt' || (kind === 'SelectStmt' && JSON.stringify(node['targetList'] ?? '').includes('"setval"'))
  );
}

/** Rows of a dump may come in any order, as they do in a restore: constraints and triggers wait. */
function seedOf(files: readonly SchemaFile[], { unavailable }: PurposeContext): SqlSource | undefined {
  const statements = files.flatMap((file) =>
    file.statements.filter((one) => isData(one) && !unavailable?.has(one)).map(({ sql }) => sql),
  );
  if (statements.length === 0) return undefined;
  const all = ['SET session_replication_role = replica', ...statements, 'RESET session_replication_role'];
  return { file: 'seed.sql', sql: `${all.join(';\n')};\n` };
}

/** Purposes that the report omits: the declaration says it, a dump says it about itself, or another note does. */
const UNSAID: readonly string[] = ['access', 'roles', 'owner', 'session', 'schema', 'unavailable', 'rule'];

function noteOf(source: SchemaFile, { purpose, statement }: LeftOut): Note[] {
  if (UNSAID.includes(purpose)) return [];
  const object = basename(placeIn(source, statement.offset));
  return [{ reason: 'left_out_statements', object, detail: oneLine(statement.sql, 80) }];
}

/** A name behind the last one, with its way of counting. */
function nextFile(migrations: readonly SqlSource[]): string {
  const last = basename(migrations.at(-1)?.file ?? '0000');
  const digits = /^\d+/.exec(last)?.[0];
  if (digits === undefined) return `migrations/${last.replace(/\.sql$/, '')}_import.sql`;
  return `migrations/${String(BigInt(digits) + 1n).padStart(digits.length, '0')}_import.sql`;
}
