import type { SurveyedFunction, SurveyedRelation } from '../survey.ts';
import { argumentsAt, maskedBody, type MaskedBody } from './masked-body.ts';

/** Types whose text holds no SQL. */
const SAFE = String.raw`(?:smallint|integer|bigint|int[248]?|numeric|decimal|real|double precision|float[48]?|boolean|bool|uuid|date|timestamptz|timestamp|time with(?:out)? time zone|timestamp with(?:out)? time zone|time|interval|oid|reg\w+|inet|cidr|money)(?:\[\])?`;
const SAFE_TYPE = new RegExp(`^${SAFE}$`);
const SAFE_CAST = new RegExp(
  String.raw`(?:"[^"]+"|[\w.$]+|\([^()]*\))\s*::\s*${SAFE}(?!\w)|\bcast\s*\([^()]*\bas\s+${SAFE}\s*\)`,
  'g',
);
const NAME = String.raw`(?:"(?:[^"]|"")+"|[a-z_$\u0080-\uffff][\w$\u0080-\uffff]*)`;
const NAMES = new RegExp(String.raw`(?<![\w$."'\u0080-\uffff])(?:${NAME}|\$\d+)`, 'g');
const COLUMN_OF_ROW = new RegExp(String.raw`\bnew\s*\.\s*(${NAME})`, 'g');
const QUOTING = /\b(?:quote_ident|quote_literal|quote_nullable|to_reg\w+|length|char_length|format)\s*\(/g;
const ASSIGNED = new RegExp(String.raw`(?:^|;|\b(?:begin|then|else|loop)\b)\s*(${NAME})\s*:?=\s*([^;]*)`, 'g');
const DECLARED = new RegExp(
  String.raw`(?:^|;|\bdeclare\b)\s*(${NAME})\s+(?:constant\s+)?([^;]*?)(?::=|\bdefault\b|=|;)([^;]*)`,
  'g',
);
const SELECTED = new RegExp(String.raw`\bselect\b((?:(?!\bfrom\b)[^;])*?)\binto\s+(?:strict\s+)?(${NAME})`, 'g');
const LOOPED = new RegExp(String.raw`\bfor(?:each)?\s+(${NAME})\s+in\s+([^;]*?)\bloop\b`, 'g');
const EXECUTED = /\bexecute\b(?!\s+(?:function|procedure|on)\b)\s*([^;]*?)(?=\b(?:using|into|loop)\b|;|$)/g;
/** Postgres' own functions that run the text of an argument. */
const RUNNING = /\b(?:query_to_xml\w*|ts_stat)\s*\(/g;

/** Inputs of a function, and where it uses them. */
export interface Inputs {
  /** Inputs that become part of SQL which the function runs, as they are. */
  readonly inSql: readonly string[];
  /** Inputs among the arguments of calls to functions of these names. */
  passedTo(names: RegExp): readonly string[];
}

/**
 * Follows a function's arguments, or the row that fires it, through the variables of its body.
 *
 * @param tables those whose triggers run it
 */
export function unquotedInputs(fn: SurveyedFunction, sql: string, tables: readonly SurveyedRelation[] = []): Inputs {
  const body = withoutSafeColumns(maskedBody(sql), tables);
  const open = new Set(fn.of_triggers ? ['new'] : openArguments(fn));
  const inputs = new Set(open);
  const isChecked = (name: string) =>
    new RegExp(String.raw`\bif\b[^;]*(?<![\w$.])${escaped(name)}(?![\w$])[^;]*\bthen\s+raise\b`).test(body.text);
  for (const name of open) if (isChecked(name)) open.delete(name);
  const assignments = assignmentsIn(body.text);
  for (const [name, expression] of assignments) {
    if (inputs.has(name) && unquotedIn(body, expression, open).length === 0) open.delete(name);
  }
  for (let before = -1; before !== open.size;) {
    before = open.size;
    for (const [name, expression] of assignments) {
      if (!inputs.has(name) && !isChecked(name) && unquotedIn(body, expression, open).length > 0) open.add(name);
    }
  }
  const argumentsOf = (calls: RegExp) =>
    [...body.text.matchAll(calls)].flatMap(
      ({ 0: call, index }) => argumentsAt(body.text, index + call.length).arguments,
    );
  const among = (expressions: readonly string[]) => [
    ...new Set(expressions.flatMap((expression) => unquotedIn(body, expression, open))),
  ];
  return {
    inSql: among([
      ...[...body.text.matchAll(EXECUTED)].map(([, expression = '']) => expression),
      ...argumentsOf(RUNNING),
    ]),
    passedTo: (names) =>
      among(
        [...body.text.matchAll(names)].flatMap(({ 0: call, index }) => {
          const values = argumentsAt(body.text, index + call.length).arguments;
          return call.startsWith('http_') ? addressOf(body, values) : values;
        }),
      ),
  };
}

/** Takes columns of types whose text holds no SQL out of a trigger's body. */
function withoutSafeColumns({ text, literals }: MaskedBody, tables: readonly SurveyedRelation[]): MaskedBody {
  const types = new Map(tables.flatMap(({ columns }) => columns.map(({ name, type }) => [name, type] as const)));
  const isSafe = (column: string) => SAFE_TYPE.test(types.get(plain(column)) ?? '');
  return {
    text: text.replace(COLUMN_OF_ROW, (name, column: string) => (isSafe(column) ? ' ' : name)),
    literals,
  };
}

function openArguments({ arguments: types, argument_names: names }: SurveyedFunction): string[] {
  return types.flatMap((type, index) => {
    if (SAFE_TYPE.test(type)) return [];
    const name = names[index] ?? '';
    return [`$${index + 1}`, ...(name === '' ? [] : [name])];
  });
}

/** The address among the arguments of a call by HTTP; none where a literal names the server. */
function addressOf({ literals }: MaskedBody, values: readonly string[]): string[] {
  const named = values.find((value) => /^\s*ur[li]\s*(?::=|=>)/.test(value));
  const address = (named ?? values[0] ?? '').replace(/^\s*ur[li]\s*(?::=|=>)/, '');
  const literal = /^[\s(]*'(\d+)'/.exec(address);
  return literal && /:\/\/[^/]+\//.test(literals[Number(literal[1])]!) ? [] : [address];
}

/** Values that variables get. A variable of a safe type gets none. */
function assignmentsIn(text: string): [name: string, expression: string][] {
  const declared = [...text.matchAll(DECLARED)].map(
    ([, name = '', type = '', value = '']) => [plain(name), type.trim(), value] as const,
  );
  const safe = new Set(declared.filter(([, type]) => SAFE_TYPE.test(type)).map(([name]) => name));
  return [
    ...declared.map(([name, , value]): [string, string] => [name, value]),
    ...[...text.matchAll(ASSIGNED), ...text.matchAll(LOOPED)].map(([, name = '', value = '']): [string, string] => [
      plain(name),
      value,
    ]),
    ...[...text.matchAll(SELECTED)].map(([, value = '', name = '']): [string, string] => [plain(name), value]),
  ].filter(([name]) => !safe.has(name));
}

/** Names of open inputs in an expression that neither a function nor a cast makes safe. */
function unquotedIn(body: MaskedBody, expression: string, open: ReadonlySet<string>): string[] {
  const rest = withoutQuoted(body, expression).replace(SAFE_CAST, ' ');
  return [...rest.matchAll(NAMES)].map(([name]) => plain(name)).filter((name) => open.has(name));
}

function withoutQuoted(body: MaskedBody, expression: string): string {
  let rest = '';
  let at = 0;
  for (const { 0: call, index } of expression.matchAll(QUOTING)) {
    if (index < at) continue;
    const { arguments: values, end } = argumentsAt(expression, index + call.length);
    rest += expression.slice(at, index) + (call.startsWith('format') ? unquotedOfFormat(body, values) : ' ');
    at = end;
  }
  return rest + expression.slice(at);
}

/** Arguments that `format` takes over without quotes. */
function unquotedOfFormat(body: MaskedBody, [pattern = '', ...values]: readonly string[]): string {
  const literal = /^\s*'(\d+)'\s*$/.exec(pattern);
  if (!literal) return [pattern, ...values].map((value) => withoutQuoted(body, value)).join(' ');
  let next = 0;
  return [...body.literals[Number(literal[1])]!.matchAll(/%(?:(\d+)\$)?-?\d*([sIL%])/g)]
    .map(([, position, kind]) => {
      if (kind === '%') return '';
      const index = position === undefined ? next : Number(position) - 1;
      next = index + 1;
      return kind === 's' ? withoutQuoted(body, values[index] ?? '') : '';
    })
    .join(' ');
}

function plain(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

function escaped(text: string): string {
  return text.replace(/[$()[\]{}.*+?^|\\]/g, String.raw`\$&`);
}
