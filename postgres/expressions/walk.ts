export type Node = Readonly<Record<string, unknown>>;

/** Every object in a parse tree, the outer ones first, with the name that its parent has for it. */
export function* nodesIn(tree: unknown, name = ''): Generator<readonly [name: string, node: Node]> {
  if (typeof tree !== 'object' || tree === null) return;
  if (!Array.isArray(tree)) yield [name, tree as Node];
  for (const [key, value] of Object.entries(tree)) yield* nodesIn(value, Array.isArray(tree) ? name : key);
}
