import { groupBy } from '../audit/group-by.ts';
import type { QualifiedName } from '../declaration/types.ts';
import { isSame, keyOf } from './declared-names.ts';

const known = new WeakMap<readonly QualifiedName[], Map<string, QualifiedName[]>>();

/** Finds the entries with a name. The list is indexed once: searching it for each name would be quadratic. */
export function namedIn<Entry extends QualifiedName>(entries: readonly Entry[], name: QualifiedName): readonly Entry[] {
  const byKey = known.get(entries) ?? groupBy<QualifiedName, string>(entries, keyOf);
  known.set(entries, byKey);
  // Two names with dots may have the same key.
  return ((byKey.get(keyOf(name)) ?? []) as Entry[]).filter((entry) => isSame(entry, name));
}
