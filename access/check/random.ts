/** Numbers that a seed decides on, the same on every machine. */
export interface Random {
  below(limit: number): number;
  one<T>(items: readonly T[]): T;
  /** True in so many of a hundred. */
  percent(chance: number): boolean;
  /** Each item is in it or not. */
  some<T>(items: readonly T[], chance?: number): T[];
}

/** Mulberry32, a generator of 32 bits. */
export function randomFrom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const percent = (chance: number) => below(100) < chance;
  return {
    below,
    percent,
    one: (items) => items[below(items.length)]!,
    some: (items, chance = 50) => items.filter(() => percent(chance)),
  };
}
