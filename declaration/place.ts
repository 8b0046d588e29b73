/** Parts of a declaration that have names, and what errors call one of them. */
const NAMED = { tables: 'table', views: 'view', functions: 'function' } as const;

type NamedPart = keyof typeof NAMED;

/** The place of a table, view or function in errors, such as `table notes`. */
export function placeOf(part: NamedPart, name: string): string {
  return `${NAMED[part]} ${name}`;
}

/** The place of a policy, such as `table notes, policies[1] (own-rows)`. */
export function policyPlace(table: string, index: number, kind: string): string {
  return `${table}, policies[${index}] (${kind})`;
}

/** The place that a path leads to in what a user has written, whatever that is. */
export function describePath(path: readonly PropertyKey[], input: unknown): string {
  const [part, index, ...rest] = path;
  const name = valueAt(path.slice(0, 2).concat('name'), input);
  if (!isNamed(part) || typeof name !== 'string') return joined(path) || 'declaration';
  const place = placeOf(part, name);
  const [list, at, ...inPolicy] = rest;
  const kind = valueAt([part, index!, 'policies', at ?? '', 'kind'], input);
  return list === 'policies' && typeof at === 'number' && typeof kind === 'string'
    ? withRest(policyPlace(place, at, kind), inPolicy)
    : withRest(place, rest);
}

/** The value that a path leads to; undefined where it ends on the way. */
export function valueAt(path: readonly PropertyKey[], input: unknown): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as never)[key] : undefined),
    input,
  );
}

function withRest(place: string, rest: readonly PropertyKey[]): string {
  return rest.length === 0 ? place : `${place}, ${joined(rest)}`;
}

function joined(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text.replace(/^\./, '');
}

const isNamed = (part: PropertyKey | undefined): part is NamedPart => part !== undefined && Object.hasOwn(NAMED, part);
