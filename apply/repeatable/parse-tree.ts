/** A call in a parse tree. */
export interface FuncCall {
  readonly funcname: unknown;
  readonly args?: unknown;
}

/** Tests if a name in a parse tree is that of a node. */
export function isNode(name: string): boolean {
  return /^[A-Z]/.test(name);
}

/** Test for a property by its name and value. */
export type PropertyTest = (name: string, value: unknown) => boolean;

/** Tests if a parse tree has a property, at any depth, except below some others. */
export function hasProperty(tree: unknown, test: PropertyTest, isLeftOut: PropertyTest = () => false): boolean {
  if (typeof tree !== 'object' || tree === null) return false;
  return Object.entries(tree).some(
    ([name, value]) => test(name, value) || (!isLeftOut(name, value) && hasProperty(value, test, isLeftOut)),
  );
}
