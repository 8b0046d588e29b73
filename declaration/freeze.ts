/** Freezes a value and everything in it, however deep that is: a key set may be of somebody else. */
export function freeze<T>(value: T): T {
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue;
    Object.freeze(next);
    for (const inner of Object.values(next)) rest.push(inner);
  }
  return value;
}
