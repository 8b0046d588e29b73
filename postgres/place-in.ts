import { lineAt } from './sql-text.ts';
import type { SqlSource } from './sql-source.ts';

const BEGIN = '-- begin of included ';
const END = '-- end of included ';

/** Line before the text of an included file, in place of the line with the command. */
export function beginOfIncluded(file: string): string {
  return `${BEGIN}${file}\n`;
}

/** Line after the text of an included file. */
export function endOfIncluded(file: string): string {
  return `\n${END}${file}`;
}

/** File and line of an offset. In the text of an included file, that file's own line. */
export function placeIn({ file, sql }: SqlSource, offset: number): string {
  if (!sql.includes(BEGIN)) return `${file}:${lineAt(sql, offset)}`;
  const files = [{ file, line: 0 }];
  const lineEnd = sql.indexOf('\n', offset);
  for (const text of sql.slice(0, lineEnd === -1 ? sql.length : lineEnd).split('\n')) {
    const current = files.at(-1)!;
    if (files.length > 1 && text === `${END}${current.file}`) {
      files.pop();
      continue;
    }
    current.line++;
    if (text.startsWith(BEGIN)) files.push({ file: text.slice(BEGIN.length), line: 0 });
  }
  const [place, ...including] = files.reverse().map((one) => `${one.file}:${one.line}`);
  return including.length === 0 ? place! : `${place} (included by ${including.join(', ')})`;
}
