/** A run of SQL text: code, or something that code rules don't apply to. */
export interface SqlPart {
  readonly kind: 'code' | 'string' | 'identifier' | 'comment' | 'unterminated';
  readonly text: string;
  readonly offset: number;
}

// A doubled quote is one of the text, also where nothing else would end it.
const OPENERS: readonly [RegExp, SqlPart['kind'], (match: RegExpExecArray) => RegExp][] = [
  [/--/y, 'comment', () => /[^\n\r]*/y],
  // Not followed by a name: `a$b$c` is one identifier, which the scan below steps over.
  [
    /\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y,
    'string',
    (m) => new RegExp(`[\\s\\S]*?${escapeRegExp(m[0])}`, 'y'),
  ],
  [/[eE]'/y, 'string', () => /(?:[^'\\]|\\[\s\S]|'')*'(?!')/y],
  [/'/y, 'string', () => /(?:[^']|'')*'(?!')/y],
  [/"/y, 'identifier', () => /(?:[^"]|"")*"(?!")/y],
];
/** A string goes on where another quote follows on a later line, and by the rules of its first part. */
const CONTINUATION = /[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:[ \t\f\v\n\r]|--[^\n\r]*[\n\r])*'/y;
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;

/** Splits SQL into code, strings, quoted identifiers and comments, as Postgres' scanner sees them. */
export function splitSql(sql: string): SqlPart[] {
  const parts: SqlPart[] = [];
  let codeStart = 0;
  let at = 0;
  const push = (kind: SqlPart['kind'], end: number) => {
    if (at > codeStart) parts.push({ kind: 'code', text: sql.slice(codeStart, at), offset: codeStart });
    parts.push({ kind, text: sql.slice(at, end), offset: at });
    at = codeStart = end;
  };
  while (at < sql.length) {
    const opened = opening(sql, at);
    if (opened) {
      push(opened.kind, opened.end);
    } else {
      WORD.lastIndex = at;
      at += placeholderAt(sql, at) ?? WORD.exec(sql)?.[0].length ?? 1;
    }
  }
  if (at > codeStart) parts.push({ kind: 'code', text: sql.slice(codeStart, at), offset: codeStart });
  return parts;
}

/** Replaces each comment by a space. */
export function withoutComments(sql: string): string {
  return splitSql(sql)
    .map(({ kind, text }) => (kind === 'comment' ? ' ' : text))
    .join('');
}

/** `:"name"`, `:'name'` and `:{name}` (groups 1, 2 and 3), but not the cast `::"name"`. */
export const PLACEHOLDER = /(?<!:):(?:"([a-z_]\w*)"|'([a-z_]\w*)'|\{([a-z_]\w*)\})/g;
const PLACEHOLDER_HERE = new RegExp(PLACEHOLDER.source, 'y');

function placeholderAt(sql: string, at: number): number | undefined {
  PLACEHOLDER_HERE.lastIndex = at;
  return PLACEHOLDER_HERE.exec(sql)?.[0].length;
}

function opening(sql: string, at: number): { kind: SqlPart['kind']; end: number } | undefined {
  if (sql.startsWith('/*', at)) return blockComment(sql, at);
  for (const [opener, kind, closer] of OPENERS) {
    opener.lastIndex = at;
    const match = opener.exec(sql);
    if (!match) continue;
    const end = closed(sql, at + match[0].length, closer(match), match[0].endsWith("'"));
    return end === undefined ? { kind: 'unterminated', end: sql.length } : { kind, end };
  }
  return undefined;
}

function closed(sql: string, at: number, rest: RegExp, continues: boolean): number | undefined {
  rest.lastIndex = at;
  if (!rest.test(sql)) return undefined;
  const end = rest.lastIndex;
  CONTINUATION.lastIndex = end;
  return continues && CONTINUATION.test(sql) ? closed(sql, CONTINUATION.lastIndex, rest, continues) : end;
}

/** Block comments nest in Postgres. */
function blockComment(sql: string, at: number): { kind: SqlPart['kind']; end: number } {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = at;
  for (let depth = 0, mark = marks.exec(sql); mark; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return { kind: 'comment', end: marks.lastIndex };
  }
  return { kind: 'unterminated', end: sql.length };
}

function escapeRegExp(text: string): string {
  return text.replace(/[$]/g, '\\$&');
}

/** The 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
