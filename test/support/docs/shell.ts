/** The commands of a block for the shell: one a line, without comments; words as a POSIX shell splits them. */
export function commands(block: string): string[][] {
  return block
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .map(words)
    .filter((line) => line.length > 0);
}

function words(line: string): string[] {
  const found = [...line.matchAll(/(?:'[^']*'|"[^"]*"|\$\([^)]*\)|[^\s'"])+/g)].map(([word]) => word);
  const comment = found.findIndex((word) => word.startsWith('#'));
  return (comment < 0 ? found : found.slice(0, comment)).map((word) => word.replaceAll(/['"]/g, ''));
}

/** The command inside of `NAME=$(...)`, or else the line itself without the variables that it sets. */
export function program(line: readonly string[]): string[] {
  const [first = '', ...rest] = line;
  const inner = /^[A-Z_]+=\$\((.*)\)$/s.exec(first)?.[1];
  if (inner !== undefined) return words(inner);
  return /^[A-Z_]+=/.test(first) ? program(rest) : [...line];
}
