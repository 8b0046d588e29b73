/** The hint for a name that is a few typing errors away from a known one; empty where none is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: distance(name, candidate) }))
    .filter((near) => near.distance <= Math.max(2, name.length / 4))
    .sort((a, b) => a.distance - b.distance);
  return nearest === undefined ? '' : ` (did you mean "${nearest.candidate}"?)`;
}

/** Levenshtein's: how many characters are inserted, removed or replaced. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, n) => n);
  for (const [i, character] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (character === to[j - 1] ? 0 : 1);
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, replaced));
    }
    row = next;
  }
  return row.at(-1)!;
}
