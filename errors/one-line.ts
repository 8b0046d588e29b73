/** Shortens what another program printed to one line without control characters, for an error. */
export function oneLine(text: string, mostCharacters = 200): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length <= mostCharacters ? line : `${line.slice(0, mostCharacters)}…`;
}
