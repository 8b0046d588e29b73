export type Node = Readonly<Record<string, unknown>>;

/** Tests if the name of an object in a parse tree is that of its kind, such as `FuncCall`. */
export function isKind(name: string): boolean {
  return /^[A-Z]/.test(name);
}

/** Every object in a parse tree, the outer ones first, with the name that its parent has for it. */
export function* nodesIn(tree: unknown, name = ''): Generator<readonly [name: string, node: Node]> {
  if (typeof tree !== 'object' || tree === null) return;
  if (!Array.isArray(tree)) yield [name, tree as Node];
  for (const [key, value] of Object.entries(tree)) yield* nodesIn(value, Array.isArray(tree) ? name : key);
}

const flat = new WeakMap<object, readonly (readonly [name: string, node: Node])[]>();

/** The same as a list, which is made once for each tree: a rule asks many trees, many times. */
export function listNodes(tree: object): readonly (readonly [name: string, node: Node])[] {
  const known = flat.get(tree);
  if (known) return known;
  const found: (readonly [string, Node])[] = [];
  const visit = (value: unknown, name: string) => {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      for (const item of value) visit(item, name);
      return;
    }
    found.push([name, value as Node]);
    for (const key in value) visit((value as Node)[key], key);
  };
  visit(tree, '');
  flat.set(tree, found);
  return found;
}
