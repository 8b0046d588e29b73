import type { QualifiedName } from '../qualified-name.ts';
import { splitSql, withoutComments } from '../sql-text.ts';
import type { CatalogFunction } from './catalog.ts';

/** A name in the text of a function's body, as Postgres folds it. */
export type BodyName = Pick<QualifiedName, 'name'> & Partial<QualifiedName>;

type FunctionText = Pick<CatalogFunction, 'definition' | 'body_is_text' | 'extension'>;

type Command = 'select' | 'insert' | 'update' | 'delete';

/** A name where a table can stand, and a command whose policies the statement meets there. */
export interface TableName extends BodyName {
  readonly command: Command;
}

/** Names in a function's body. */
export interface BodyNames {
  /** Names before a bracket: functions, and other words. */
  readonly calls: readonly BodyName[];
  /** Sequences that `nextval` and its like take by a literal name. */
  readonly sequences: readonly BodyName[];
  readonly tables: readonly TableName[];
}

const IDENTIFIER = String.raw`(?:[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|"(?:[^"]|"")+")`;
const NAME = String.raw`(?:(${IDENTIFIER})\s*\.\s*)?(${IDENTIFIER})`;
const WHOLE_NAME = new RegExp(`^${NAME}$`);
const CALL = new RegExp(String.raw`(?<![\w$".])${NAME}\s*\(`, 'g');
const SEQUENCE = /\b(?:nextval|currval|setval)\s*\(\s*(?:'([^']+)'|\$(\w*)\$([^$]+)\$\2\$)/gi;
const TABLE = new RegExp(
  String.raw`\b((?:insert|merge)\s+into|(?<!\b(?:do|then|for|key)\s+)update|delete\s+from|from|join|using|into|table)\s+(?:only\s+)?${NAME}`,
  'gi',
);
/** Words that begin a list of tables, and what stands before one that begins values: IS DISTINCT, and EXECUTE. */
const LISTS: ReadonlyMap<string, RegExp> = new Map([
  ['from', /\bdistinct\s+$/i],
  ['using', /\bexecute\b[^;]*$/i],
]);
/** Tokens that divide or end a list of tables. */
const DIVIDERS = new RegExp(
  String.raw`"(?:[^"]|"")*"|[(),;']|\b(?:where|group|having|window|order|limit|offset|fetch|for|union|intersect|except|returning|into|set|when|loop|select|from)\b`,
  'gi',
);
/** A further table of a list; no function, subquery or keyword. */
const LISTED_TABLE = new RegExp(String.raw`^\s*(?:only\s+)?${NAME}(?![\w$.\u0080-\uffff]|\s*[.(])`, 'i');

const READS = /\b(?:where|using|returning|on\s+conflict)\b/i;
const UPSERTS = /\bdo\s+update\b/i;
const LOCKS = /\bfor\s+(?:no\s+key\s+update|update|key\s+share|share)\b/i;
const MERGES = /\bthen\s+(insert|update|delete)\b/gi;

/** Reads the names in the body of a function, which may mean something else. An extension's has none. */
export function bodyNames(fn: FunctionText): BodyNames {
  return namesIn(fn.extension ? '' : bodyOf(fn));
}

/** Reads the names in SQL without comments. */
export function namesIn(body: string): BodyNames {
  return {
    calls: [...body.matchAll(CALL)].map(([, schema, name]) => bodyName(schema, name)),
    sequences: sequencesIn(body),
    tables: [...body.matchAll(TABLE)].flatMap(({ 0: text, 1: word = '', 2: schema, 3: name, index }) => {
      const rest = body.slice(index + text.length);
      const commands = commandsOf(word, /^[^;]*/.exec(rest)![0]);
      const beforeValues = LISTS.get(word.toLowerCase());
      const further = beforeValues && !beforeValues.test(body.slice(0, index)) ? listedIn(rest) : [];
      return [bodyName(schema, name), ...further].flatMap((table) =>
        commands.map((command) => ({ ...table, command })),
      );
    }),
  };
}

/** Sequences that SQL without comments draws from by a literal name. */
export function sequencesIn(sql: string): BodyName[] {
  return [...sql.matchAll(SEQUENCE)].flatMap(([, quoted, , dollarQuoted = '']) => {
    const parts = WHOLE_NAME.exec(quoted ?? dollarQuoted);
    return parts ? [bodyName(parts[1], parts[2])] : [];
  });
}

/** Further tables of a list, by the text behind its first one: those behind each comma that no bracket encloses. */
function listedIn(rest: string): BodyName[] {
  const names: BodyName[] = [];
  let depth = 0;
  for (const { 0: token, index } of rest.matchAll(DIVIDERS)) {
    if (token === '(') depth++;
    else if (token === ')' && depth > 0) depth--;
    else if (depth > 0 || token.startsWith('"')) continue;
    else if (token !== ',') break;
    else {
      const [, schema, name] = LISTED_TABLE.exec(rest.slice(index + 1)) ?? [];
      if (name !== undefined) names.push(bodyName(schema, name));
    }
  }
  return names;
}

/** Commands whose policies a statement meets on a table, by the word before the table and the text after it. */
function commandsOf(word: string, rest: string): Command[] {
  const reads: Command[] = READS.test(rest) ? ['select'] : [];
  switch (word.toLowerCase().split(/\s/)[0]) {
    case 'insert':
      return ['insert', ...(UPSERTS.test(rest) ? (['update'] as const) : []), ...reads];
    case 'update':
      // Nearly each of them reads: a condition, or the value that it changes.
      return ['update', 'select'];
    case 'delete':
      return ['delete', ...reads];
    case 'merge':
      return ['select', ...[...rest.matchAll(MERGES)].map(([, command]) => command!.toLowerCase() as Command)];
    default:
      return LOCKS.test(rest) ? ['select', 'update'] : ['select'];
  }
}

/** Text of a body without comments. Postgres writes out one that it has parsed. */
function bodyOf({ body_is_text, definition }: FunctionText): string {
  if (!body_is_text) return /\n(?:BEGIN ATOMIC|\s*RETURN)\b[^]*$/.exec(definition)?.[0] ?? '';
  const literal = splitSql(definition).findLast(({ kind }) => kind === 'string')?.text ?? '';
  return withoutComments(literal.replace(/^\$\w*\$|\$\w*\$$/g, ''));
}

/** Tests if a name may be that of an object. Without a schema, the search path decides when the function runs. */
export function mayName({ schema, name }: BodyName, object: QualifiedName): boolean {
  return name === object.name && (schema === undefined || schema === object.schema);
}

function bodyName(schema: string | undefined, name = ''): BodyName {
  return { name: folded(name), ...(schema !== undefined && { schema: folded(schema) }) };
}

function folded(identifier: string): string {
  return identifier.startsWith('"') ? identifier.slice(1, -1).replaceAll('""', '"') : identifier.toLowerCase();
}
