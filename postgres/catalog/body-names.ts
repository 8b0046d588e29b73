import type { QualifiedName } from '../qualified-name.ts';
import { splitSql } from '../sql-text.ts';
import type { CatalogFunction } from './catalog.ts';

/** A name in the text of a function's body, as Postgres folds it. */
export type BodyName = Pick<QualifiedName, 'name'> & Partial<QualifiedName>;

/** Names in the text of a function's body, of which Postgres records no dependencies. */
export interface BodyNames {
  /** Names before a bracket: functions, and other words. */
  readonly calls: readonly BodyName[];
  /** Sequences that `nextval` and its like take by a literal name. */
  readonly sequences: readonly BodyName[];
  /** Names where a table can stand. */
  readonly tables: readonly BodyName[];
}

const IDENTIFIER = String.raw`(?:[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|"(?:[^"]|"")+")`;
const NAME = String.raw`(?:(${IDENTIFIER})\s*\.\s*)?(${IDENTIFIER})`;
const CALL = new RegExp(String.raw`(?<![\w$".])${NAME}\s*\(`, 'g');
const SEQUENCE = /\b(?:nextval|currval|setval)\s*\(\s*'([^']+)'/gi;
const TABLE = new RegExp(String.raw`(?<=\b(?:from|join|into|update|using|only|table)\s+|,\s*)${NAME}`, 'gi');
const WHOLE_NAME = new RegExp(`^${NAME}$`);

const NO_NAMES: BodyNames = { calls: [], sequences: [], tables: [] };

/** Reads the names in a function's body. A body that Postgres has parsed has none: its dependencies are recorded. */
export function bodyNames(fn: CatalogFunction): BodyNames {
  if (!fn.body_is_text || fn.extension) return NO_NAMES;
  const literal = splitSql(fn.definition).findLast(({ kind }) => kind === 'string')?.text ?? '';
  const body = splitSql(literal.replace(/^\$\w*\$|\$\w*\$$/g, ''))
    .map(({ kind, text }) => (kind === 'comment' ? ' ' : text))
    .join('');
  return {
    calls: [...body.matchAll(CALL)].map(nameOf),
    sequences: [...body.matchAll(SEQUENCE)].flatMap(([, text = '']) => {
      const parts = WHOLE_NAME.exec(text);
      return parts ? [nameOf(parts)] : [];
    }),
    tables: [...body.matchAll(TABLE)].map(nameOf),
  };
}

/** Tests if a name may be that of an object. Without a schema, the search path decides when the function runs. */
export function mayName({ schema, name }: BodyName, object: QualifiedName): boolean {
  return name === object.name && (schema === undefined || schema === object.schema);
}

function nameOf([, schema, name = '']: RegExpMatchArray): BodyName {
  return { name: folded(name), ...(schema !== undefined && { schema: folded(schema) }) };
}

function folded(identifier: string): string {
  return identifier.startsWith('"') ? identifier.slice(1, -1).replaceAll('""', '"') : identifier.toLowerCase();
}
