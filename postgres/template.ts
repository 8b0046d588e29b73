import { readFileSync } from 'node:fs';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { lineAt, PLACEHOLDER, splitSql } from './sql-text.ts';
import type { SqlSource } from './sql-source.ts';

/** SQL that is ready to stand in other SQL: made by {@link render} only, never from a user's text. */
export interface SqlFragment {
  readonly fragment: string;
}

/** Values of placeholders: text is quoted as the placeholder says, lists become comma lists, fragments stay as they are. */
export type TemplateValues = Readonly<Record<string, string | readonly string[] | SqlFragment>>;

/**
 * Fills the placeholders of a template: `:"name"` becomes a quoted identifier, `:'name'` a quoted literal (psql's
 * notation), and `:{name}` a fragment. Strings, comments and quoted identifiers of the template are left alone.
 *
 * @throws SecuredPostgrestError `unknown_placeholder` for a placeholder without a value.
 */
export function render(template: SqlSource, values: TemplateValues): string {
  return splitSql(template.sql)
    .map((part) =>
      part.kind === 'code'
        ? part.text.replace(
            PLACEHOLDER,
            (whole, identifier?: string, literal?: string, fragment?: string, at?: number) =>
              fill(template, values, { whole, identifier, literal, fragment, offset: part.offset + (at ?? 0) }),
          )
        : part.text,
    )
    .join('');
}

interface Placeholder {
  readonly whole: string;
  readonly identifier: string | undefined;
  readonly literal: string | undefined;
  readonly fragment: string | undefined;
  readonly offset: number;
}

function fill(template: SqlSource, values: TemplateValues, placeholder: Placeholder): string {
  const name = placeholder.identifier ?? placeholder.literal ?? placeholder.fragment ?? '';
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  const wantsFragment = placeholder.fragment !== undefined;
  if (value === undefined || wantsFragment !== (typeof value === 'object' && 'fragment' in value)) {
    refuse(
      'unknown_placeholder',
      `${template.file}:${lineAt(template.sql, placeholder.offset)}`,
      `nothing is known for the placeholder ${placeholder.whole}`,
      `use one of ${Object.keys(values).join(', ') || '(none)'}`,
    );
  }
  if (typeof value === 'object' && 'fragment' in value) return value.fragment;
  const quote = placeholder.identifier === undefined ? quoteLiteral : quoteIdentifier;
  return typeof value === 'string' ? quote(value) : value.map((item) => quote(item)).join(', ');
}

/** A template of this package, from `sql/`. */
export function packageTemplate(name: string): SqlSource {
  const known = templates.get(name);
  if (known) return known;
  const template = {
    file: `sql/${name}.sql`,
    sql: readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), 'utf8'),
  };
  templates.set(name, template);
  return template;
}

const templates = new Map<string, SqlSource>();
