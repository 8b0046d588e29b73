import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import { groupBy } from '../../../audit/group-by.ts';
import type { SurveyedFunction, SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import { SecuredPostgrestError } from '../../../errors/secured-postgrest-error.ts';
import { parseExpression, type Expression } from '../../../postgres/expressions/parse-expression.ts';
import type { Node } from '../../../postgres/expressions/walk.ts';
import { parseSql, type ParsedStatement } from '../../../postgres/parse-sql.ts';

/** Parsed SQL of a database: what policies, views, functions, defaults and constraints say. */
export interface ParsedCatalog {
  readonly audited: Anywhere;
  /** A relation by its name; without a schema, the only one of that name: which of two is meant depends on the search path. */
  relation(schema: string | undefined, name: string): SurveyedRelation | undefined;
  functions(schema: string | undefined, name: string): readonly SurveyedFunction[];
  /** The query of a view, or the only query of a function. */
  query(source: SurveyedRelation | SurveyedFunction): Node | undefined;
  /** The only statement of a function in SQL, if it is no query. */
  statement(fn: SurveyedFunction): ParsedStatement | undefined;
  /** An expression that is prepared; undefined where this package's parser is older than the server's. */
  expression(text: string): Expression | undefined;
  /** True for a function that casts a text, and answers NULL where that cannot be done. */
  isTryCast(fn: SurveyedFunction): boolean;
}

/** Parses what questions need; `texts` are expressions beside those of the catalog. */
export async function parseCatalog(audited: Anywhere, texts: Iterable<string>): Promise<ParsedCatalog> {
  const { survey } = audited;
  const expressions = new Map<string, Expression | undefined>();
  const wanted = survey.relations.flatMap(({ policies, columns, checks }) => [
    ...policies.flatMap(({ using, check }) => [using, check]),
    ...columns.map((column) => column.default),
    ...checks,
  ]);
  for (const text of new Set([...wanted, ...texts])) {
    if (text !== null) expressions.set(text, await orUndefined(parseExpression(text)));
  }
  const statements = new Map<SurveyedRelation | SurveyedFunction, ParsedStatement>();
  for (const view of survey.relations) {
    if (view.definition === null) continue;
    const [statement] = (await orUndefined(parseSql({ file: view.name, sql: view.definition }))) ?? [];
    if (statement) statements.set(view, statement);
  }
  for (const fn of survey.functions) {
    const statement = await statementOf(fn, audited);
    if (statement) statements.set(fn, statement);
  }
  const relations = groupBy(survey.relations, ({ name }) => name);
  return {
    audited,
    relation: (schema, name) => {
      const found = (relations.get(name) ?? []).filter((one) => schema === undefined || one.schema === schema);
      return found.length === 1 ? found[0] : undefined;
    },
    functions: (schema, name) => audited.texts.named(schema, name),
    query: (source) => {
      const found = statements.get(source);
      return isQuery(found) ? found?.node : undefined;
    },
    statement: (fn) => {
      const found = statements.get(fn);
      return isQuery(found) ? undefined : found;
    },
    expression: (text) => expressions.get(text),
    isTryCast: (fn) => TRY_CAST.test(audited.texts.bodyOf(fn).replace(/\s+/g, ' ')),
  };
}

/** The only query that a function runs. */
export async function queryOf(fn: SurveyedFunction, audited: Anywhere): Promise<Node | undefined> {
  const statement = await statementOf(fn, audited);
  return isQuery(statement) ? statement?.node : undefined;
}

async function statementOf(fn: SurveyedFunction, { texts }: Anywhere): Promise<ParsedStatement | undefined> {
  const sql = singleStatement(fn, texts.bodyOf(fn));
  if (sql === undefined) return undefined;
  const found = (await orUndefined(parseSql({ file: fn.name, sql }))) ?? [];
  return found.length === 1 ? found[0] : undefined;
}

function isQuery(statement: ParsedStatement | undefined): boolean {
  return statement?.kind === 'SelectStmt';
}

const TRY_CAST =
  /^ ?DECLARE (\w+) (\w+)%TYPE; BEGIN \1 := (\w+); RETURN \1; EXCEPTION WHEN OTHERS THEN RETURN NULL; END;? ?$/i;

/** The one statement that a function runs, as SQL. */
function singleStatement({ language, extension }: SurveyedFunction, body: string): string | undefined {
  if (extension !== null) return undefined;
  if (language === 'sql') {
    const returned = /^\s*RETURN\b([\s\S]*)$/i.exec(body)?.[1];
    if (returned !== undefined) return `SELECT ${returned}`;
    return /^\s*BEGIN\s+ATOMIC\b([\s\S]*)\bEND\s*;?\s*$/i.exec(body)?.[1] ?? body;
  }
  if (language !== 'plpgsql') return undefined;
  const returned = /^\s*BEGIN\s+RETURN\s+(QUERY\s+)?([^;]*);\s*END\s*;?\s*$/i.exec(body);
  if (!returned) return undefined;
  return returned[1] === undefined ? `SELECT (${returned[2]})` : returned[2];
}

async function orUndefined<Found>(found: Promise<Found>): Promise<Found | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof SecuredPostgrestError) return undefined;
    throw error;
  }
}
