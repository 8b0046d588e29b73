/** Splits at the commas that are in no brackets and no quotes: `a,b(c,d),"e,f"`. */
export function splitList(text: string): string[] {
  if (text === '') return [];
  const parts = [''];
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|./gs)) {
    if (token === '(' || token === '{') depth++;
    if (token === ')' || token === '}') depth--;
    if (token === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts;
}
