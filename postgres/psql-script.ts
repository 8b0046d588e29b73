import { splitSql } from './sql-text.ts';

/** A script for psql, as migrations and dumps are, in which psql reads some lines itself. */
export interface PsqlScript {
  /** SQL for Postgres. Blanks stand in place of what psql reads, so that offsets are those of the script. */
  readonly sql: string;
  readonly commands: readonly PsqlCommand[];
  readonly data: readonly CopyData[];
}

/** A line with a command of psql, such as `\connect todos`. */
export interface PsqlCommand {
  readonly name: string;
  readonly argument: string;
  readonly offset: number;
  readonly length: number;
}

/** Lines behind a `COPY … FROM stdin;`, up to the line `\.`. */
export interface CopyData {
  /** Offset of the semicolon that ends the statement. */
  readonly statementEnd: number;
  readonly text: string;
  readonly offset: number;
  /** Offset behind the line `\.`. */
  readonly end: number;
  /** False if the line `\.` is missing. */
  readonly ended: boolean;
}

const LINE =
  /(?<=^\uFEFF?)[ \t]*(?:\\(?<name>[^\s\\]*)(?<argument>[^\n]*)|COPY\b(?:"[^"\n]*"|[^;"])*?\bFROM\s+STDIN\b(?:[^;\n']|'[^'\n]*')*;[ \t]*\r?(?:\n|$))/gim;
const END_OF_DATA = /^\\\.[ \t]*\r?$/gm;

/** Splits a script into SQL and what psql reads. */
export function readPsqlScript(script: string): PsqlScript {
  const parts: string[] = [];
  const commands: PsqlCommand[] = [];
  const data: CopyData[] = [];
  let kept = 0;
  const blank = (from: number, to: number) => {
    parts.push(script.slice(kept, from), script.slice(from, to).replace(/[^\n]/g, ' '));
    kept = to;
  };
  // Editors on Windows write a byte order mark.
  if (script.startsWith('\uFEFF')) blank(0, 1);
  const line = new RegExp(LINE);
  let read = 0;
  for (let match = line.exec(script); match; match = line.exec(script)) {
    const { index: offset, groups = {} } = match;
    if (splitSql(script.slice(read, offset)).at(-1)?.kind === 'unterminated') {
      line.lastIndex = offset + 1;
      continue;
    }
    let end = line.lastIndex;
    if (groups['name'] === undefined) {
      const copied = readData(script, end);
      data.push({ ...copied, statementEnd: offset + match[0].lastIndexOf(';') });
      blank(end, copied.end);
      end = copied.end;
    } else {
      commands.push({ name: groups['name'], argument: groups['argument']!.trim(), offset, length: match[0].length });
      blank(offset, end);
    }
    read = line.lastIndex = end;
  }
  return { sql: [...parts, script.slice(kept)].join(''), commands, data };
}

function readData(script: string, offset: number): Omit<CopyData, 'statementEnd'> {
  const line = new RegExp(END_OF_DATA);
  line.lastIndex = offset;
  const match = line.exec(script);
  const textEnd = match?.index ?? script.length;
  return {
    text: script.slice(offset, textEnd),
    offset,
    ended: match !== null,
    end: match ? match.index + match[0].length : textEnd,
  };
}
