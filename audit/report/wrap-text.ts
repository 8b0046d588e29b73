const COLUMNS = 80;

/** Lines of at most 80 characters, where words are not longer. */
export function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    const separator = line === indent ? '' : ' ';
    if (separator !== '' && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = `${indent}${word}`;
    } else {
      line += `${separator}${word}`;
    }
  }
  return [...lines, line];
}
