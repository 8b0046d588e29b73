/**
 * Removes containers, with their volumes, and then networks. A container may still be on its way to the engine when the
 * process that asked for it has died: hence later once more, and in the background, for whoever runs this has more to do.
 */
const REMOVE = [
  'remove() {',
  'docker ps --all --quiet --filter "$1" | xargs docker rm --force --volumes;',
  'docker network ls --quiet --filter "$1" | xargs docker network rm;',
  '};',
  'remove "$1"; (sleep 2; remove "$1"; sleep 10; remove "$1") &',
].join(' ');

/** A command line that removes everything with a label from the engine, for `undoAfterDeath`. */
export function removalOf(label: string): string[] {
  return ['sh', '-c', REMOVE, 'sh', `label=${label}`];
}
