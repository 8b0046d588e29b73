import { docker } from './docker-command.ts';
import { hasEnded, ownIdentity, type ProcessIdentity } from '../../servers/process-identity.ts';

/** On everything of an environment; its value is the environment's own. */
export const LABEL = 'secured-postgrest.ephemeral';
/** On its network, which is made first and removed last: whose it is. */
const OWNER_LABEL = 'secured-postgrest.ephemeral-owner';

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

export function ownerLabel(): string {
  return `${OWNER_LABEL}=${Buffer.from(JSON.stringify(ownIdentity())).toString('base64url')}`;
}

/** Removes what processes have left that were killed together with their reaper; what a living one uses stays. */
export async function removeAbandonedContainers(): Promise<void> {
  const format = `{{.Name}} {{.Label "${LABEL}"}} {{.Label "${OWNER_LABEL}"}}`;
  const networks = await docker(['network', 'ls', `--filter=label=${OWNER_LABEL}`, `--format=${format}`]);
  for (const line of networks.split('\n')) {
    const [network = '', id = '', owner = ''] = line.split(' ');
    if (!isAbandoned(owner)) continue;
    const containers = await docker(['ps', '--all', '--quiet', `--filter=label=${LABEL}=${id}`]);
    if (containers !== '') await docker(['rm', '--force', '--volumes', ...containers.split('\n')]);
    await docker(['network', 'rm', network]);
  }
}

function isAbandoned(owner: string): boolean {
  try {
    return hasEnded(JSON.parse(Buffer.from(owner, 'base64url').toString()) as ProcessIdentity);
  } catch {
    // None of ours.
    return false;
  }
}
