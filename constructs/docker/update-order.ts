/**
 * Order in which a container is replaced: with `stop-first`, the old one ends first; with `start-first`, the new one answers, and the
 * gateway uses it, before the old one ends.
 */
export type UpdateOrder = 'stop-first' | 'start-first';

/** The part of a resource's configuration that has Terraform keep to the order. What it depends on is then created first, too. */
export function inOrder(order: UpdateOrder | undefined): { lifecycle?: { createBeforeDestroy: true } } {
  return order === 'start-first' ? { lifecycle: { createBeforeDestroy: true } } : {};
}
