/**
 * What happens first when a container is replaced: `stop-first` ends the old one; `start-first` has the new one answer, and the
 * gateway use it, before the old one ends.
 */
export type UpdateOrder = 'stop-first' | 'start-first';

/** The part of a resource's configuration that has Terraform keep to the order. What it depends on is then created first, too. */
export function inOrder(order: UpdateOrder | undefined): { lifecycle?: { createBeforeDestroy: true } } {
  return order === 'start-first' ? { lifecycle: { createBeforeDestroy: true } } : {};
}
