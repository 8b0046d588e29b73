/**
 * Entries of a tree with Terraform's outputs in the places of their names, without branches that have none.
 *
 * @param names the tree of names, as the app has synthesized it
 * @param read reads the outputs; called only if there is a name
 */
export function outputTree(names, read) {
  if (!hasName(names)) return [];
  const outputs = read();
  const filled = (tree) =>
    Object.entries(tree).flatMap(([key, value]) => {
      const entry = typeof value === 'string' ? outputs[value] : Object.fromEntries(filled(value));
      return entry === undefined || Object.keys(entry).length === 0 ? [] : [[key, entry]];
    });
  return filled(names);
}

function hasName(tree) {
  return Object.values(tree).some((value) => typeof value === 'string' || hasName(value));
}
