import type { StatementNames } from './statement-names.ts';
import { packageTemplate, render, type SqlFragment, type TemplateValues } from './template.ts';

/** A function that fills one of the named statements of a file in `sql/`. */
export function statementsOf<File extends keyof StatementNames>(
  file: File,
): (name: StatementNames[File], values?: TemplateValues) => string {
  return (name, values = {}) => render({ file: `sql/${file}.sql (${name})`, sql: sections(file).get(name)! }, values);
}

/** SQL that stands in a statement as it is: keywords, and names that Postgres itself has quoted. */
export function raw(sql: string): SqlFragment {
  return { fragment: sql };
}

const known = new Map<string, ReadonlyMap<string, string>>();

function sections(file: string): ReadonlyMap<string, string> {
  const found = known.get(file) ?? readSections(packageTemplate(file).sql);
  known.set(file, found);
  return found;
}

function readSections(sql: string): ReadonlyMap<string, string> {
  const texts = sql.split(/^-- name: /m).slice(1);
  return new Map(
    texts.map((text) => {
      const end = text.indexOf('\n');
      return [text.slice(0, end).trim(), text.slice(end + 1).trim()];
    }),
  );
}
