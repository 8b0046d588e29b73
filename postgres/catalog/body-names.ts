import type { QualifiedName } from '../qualified-name.ts';
import { splitSql } from '../sql-text.ts';
import type { CatalogFunction } from './catalog.ts';

/** A name in the text of a function's body, as Postgres folds it. */
export type BodyName = Pick<QualifiedName, 'name'> & Partial<QualifiedName>;

/** A name where a table can stand, and what happens to the table. */
export interface TableName extends BodyName {
  readonly command: 'select' | 'insert' | 'update' | 'delete';
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
const SEQUENCE = /\b(?:nextval|currval|setval)\s*\(\s*'([^']+)'/gi;
const TABLE = new RegExp(
  String.raw`\b(insert\s+into|update|delete\s+from|from|join|using|into|table)\s+(?:only\s+)?${NAME}`,
  'gi',
);
/** A further table of a list. Without a schema it could as well be a column. */
const LISTED_TABLE = new RegExp(String.raw`,\s*(${IDENTIFIER})\s*\.\s*(${IDENTIFIER})`, 'g');

const COMMANDS: Readonly<Record<string, TableName['command']>> = {
  insert: 'insert',
  update: 'update',
  delete: 'delete',
};

/** Reads the names in the body of a function, which may mean something else. An extension's has none. */
export function bodyNames(fn: CatalogFunction): BodyNames {
  const body = fn.extension ? '' : bodyOf(fn);
  return {
    calls: [...body.matchAll(CALL)].map(([, schema, name]) => bodyName(schema, name)),
    sequences: [...body.matchAll(SEQUENCE)].flatMap(([, text = '']) => {
      const parts = WHOLE_NAME.exec(text);
      return parts ? [bodyName(parts[1], parts[2])] : [];
    }),
    tables: [
      ...[...body.matchAll(TABLE)].map(([, word = '', schema, name]) => ({
        ...bodyName(schema, name),
        command: COMMANDS[word.toLowerCase().split(/\s/)[0]!] ?? 'select',
      })),
      ...[...body.matchAll(LISTED_TABLE)].map(([, schema, name]) => ({
        ...bodyName(schema, name),
        command: 'select' as const,
      })),
    ],
  };
}

/** Text of a body without comments. Postgres writes out one that it has parsed. */
function bodyOf({ body_is_text, definition }: CatalogFunction): string {
  if (!body_is_text) return /\n(?:BEGIN ATOMIC|\s*RETURN)\b[^]*$/.exec(definition)?.[0] ?? '';
  const literal = splitSql(definition).findLast(({ kind }) => kind === 'string')?.text ?? '';
  return splitSql(literal.replace(/^\$\w*\$|\$\w*\$$/g, ''))
    .map(({ kind, text }) => (kind === 'comment' ? ' ' : text))
    .join('');
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
