import type { Anywhere } from './anywhere.ts';

/** Items of all roles of requests by what they are about, with the roles. */
export function byObject<Item, Key>(
  { scope }: Anywhere,
  itemsOf: (role: string) => Iterable<readonly [key: Key, item: Item]>,
): Map<Key, { readonly roles: string[]; readonly items: Item[] }> {
  const found = new Map<Key, { readonly roles: string[]; readonly items: Item[] }>();
  for (const role of scope.roles) {
    for (const [key, item] of itemsOf(role)) {
      const entry = found.get(key) ?? { roles: [], items: [] };
      found.set(key, entry);
      if (entry.roles.at(-1) !== role) entry.roles.push(role);
      entry.items.push(item);
    }
  }
  return found;
}
