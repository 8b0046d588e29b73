import { parseSql, type ParsedStatement } from '../../postgres/parse-sql.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { readPsqlScript } from '../../postgres/psql-script.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';
import { withPresentClaims } from './present-claims.ts';
import { withoutSuperuserSettings } from './superuser-settings.ts';
import { reliesOnPublic } from './public-first.ts';
import { purposeOf, type Purpose, type PurposeContext } from './purpose.ts';

/** A file of the imported schema, parsed. */
export interface SchemaFile extends SqlSource {
  readonly statements: readonly ParsedStatement[];
  /** True if it read claims as PostgREST 11 and earlier had them. */
  readonly hadOldClaims: boolean;
}

/** A statement that is left out, and why. */
export interface LeftOut {
  readonly purpose: Purpose;
  readonly file: string;
  readonly statement: ParsedStatement;
}

/** @throws SecuredPostgrestError `invalid_sql` */
export async function readSchemaFile(source: SqlSource): Promise<SchemaFile> {
  const script = withoutConnect(source.sql);
  const sql = withPresentClaims(script);
  const statements = await parseSql({ ...source, sql });
  return { file: source.file, sql, statements, hadOldClaims: sql !== script };
}

/** A script may make a database and connect to it: the schema is what it runs there. */
function withoutConnect(script: string): string {
  return readPsqlScript(script)
    .commands.filter(({ name }) => ['c', 'connect'].includes(name))
    .reduce(
      (sql, { offset, length }) => sql.slice(0, offset) + ' '.repeat(length) + sql.slice(offset + length),
      script,
    );
}

/** The SQL of a file without what the declaration says in its place. The rest keeps its comments and its layout. */
export function migrationOf(
  { file, sql, statements }: SchemaFile,
  context: PurposeContext,
  isData: (statement: ParsedStatement) => boolean,
): { readonly sql: string; readonly leftOut: readonly LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const parts: string[] = [];
  const kept: ParsedStatement[] = [];
  let at = 0;
  for (const statement of statements) {
    const lead = sql.slice(at, statement.offset);
    at = statement.end;
    const purpose = purposeOf(statement, context);
    if (purpose !== undefined) leftOut.push({ purpose, file, statement });
    const isKept = purpose === undefined && !isData(statement);
    parts.push(context.isDump ? (isKept ? nameOf(lead) : '') : isKept ? lead : commentsBefore(lead));
    if (!isKept) continue;
    kept.push(statement);
    const own = withoutSuperuserSettings(sql.slice(statement.offset, at), statement, context.superuserSettings ?? []);
    const text = createdOnce(own, statement);
    parts.push(text, context.isDump ? '\n\n' : '');
  }
  if (!context.isDump) parts.push(sql.slice(at));
  const text = parts.join('').trim();
  const path = context.searchPath;
  const before = path && reliesOnPublic(kept) ? `SET search_path = ${path.map(quoteIdentifier).join(', ')};\n\n` : '';
  return { sql: text === '' ? '' : `${before}${text}\n`, leftOut };
}

/** The creation of an extension, which a superuser may have created before the deploy. */
function createdOnce(text: string, { kind, node }: ParsedStatement): string {
  if (kind !== 'CreateExtensionStmt' || node['if_not_exists'] === true) return text;
  return text.replace(/^create\s+extension/i, '$& IF NOT EXISTS');
}

/** Comments that do not stand directly above the statement that goes: they are about the file. */
function commentsBefore(lead: string): string {
  const paragraphs = lead.split(/\n[ \t]*\n/);
  return paragraphs.length > 1 ? `${paragraphs.slice(0, -1).join('\n\n')}\n` : '';
}

/** The name that a dump gives to the statement that follows. */
function nameOf(lead: string): string {
  const name = /^-- Name: (.*?); Type: [^;\n]*;/m.exec(lead.slice(Math.max(lead.lastIndexOf('-- Name: '), 0)));
  return name ? `-- ${name[1]!}\n` : '';
}
