/** Content of a token's part, and where two parsers may read it differently. */
export interface ReadJson {
  readonly value: unknown;
  /** Members of the outermost object that are there twice: some readers take the first, others the last. */
  readonly twice: readonly string[];
  /** Members of the outermost object that are numbers and not whole, to the last digit. */
  readonly fractions: readonly string[];
  /** Problem that PostgREST or Postgres has with the text, although it is JSON. */
  readonly unreadable?: string;
}

/** The largest exponent of ten that Postgres' `numeric` holds (its documentation, 8.1.2). */
const MAX_EXPONENT = 131_071;
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|-?\d[\d.eE+-]*|\w+/g;

/**
 * Reads JSON text.
 *
 * @returns undefined for what is no JSON
 */
export function readJson(text: string): ReadJson | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const names = new Set<string>();
  const twice = new Set<string>();
  const fractions: string[] = [];
  let unreadable: string | undefined;
  let depth = 0;
  let name: string | undefined;
  let member: string | undefined;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (token === ':' && depth === 1 && name !== undefined) {
      if (names.has(name)) twice.add(name);
      names.add(name);
      member = name;
    } else if (depth === 1 && member !== undefined && isFraction(token)) fractions.push(member);
    name = token.startsWith('"') ? (JSON.parse(token) as string) : undefined;
    unreadable ??= name === undefined ? unreadableNumber(token) : unreadableText(name);
  }
  return { value, twice: [...twice], fractions, ...(unreadable !== undefined && { unreadable }) };
}

function unreadableText(text: string): string | undefined {
  // A surrogate without its other half (Unicode 15, D75).
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)) {
    return 'half a surrogate pair, which is no character';
  }
  return text.includes('\0') ? 'a NUL character, which Postgres has not' : undefined;
}

/** JavaScript's numbers would be rounded. */
function isFraction(token: string): boolean {
  const [, whole = '', decimals = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? [];
  const digits = whole + decimals;
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return end > whole.length + Number(exponent);
}

function unreadableNumber(token: string): string | undefined {
  const exponent = /^-?\d[\d.]*[eE]([+-]?\d+)$/.exec(token)?.[1];
  return exponent !== undefined && Number(exponent) > MAX_EXPONENT
    ? 'a number that is too large for Postgres'
    : undefined;
}
