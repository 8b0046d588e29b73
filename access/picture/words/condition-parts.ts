/** Parts of a condition that Postgres shows as `((a) OR (b))`: their texts, without the brackets around each. */
export function conditionParts(text: string, operator: 'AND' | 'OR'): string[] {
  const inner = withoutBrackets(text);
  const parts: string[] = [];
  let [depth, start, quote] = [0, 0, ''];
  for (let at = 0; at < inner.length; at++) {
    const letter = inner[at]!;
    if (quote !== '') {
      if (letter === quote) quote = '';
    } else if (letter === "'" || letter === '"') quote = letter;
    else if (letter === '(') depth++;
    else if (letter === ')') depth--;
    else if (depth === 0 && inner.startsWith(` ${operator} `, at)) {
      parts.push(inner.slice(start, at));
      start = at + operator.length + 2;
    }
  }
  return [...parts, inner.slice(start)].map(withoutBrackets);
}

/** A text without brackets that enclose all of it. */
export function withoutBrackets(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('(')) return trimmed;
  let [depth, quote] = [0, ''];
  for (let at = 0; at < trimmed.length; at++) {
    const letter = trimmed[at]!;
    if (quote !== '') {
      if (letter === quote) quote = '';
    } else if (letter === "'" || letter === '"') quote = letter;
    else if (letter === '(') depth++;
    else if (letter === ')' && --depth === 0)
      return at === trimmed.length - 1 ? withoutBrackets(trimmed.slice(1, -1)) : trimmed;
  }
  return trimmed;
}
