import type { Command } from 'commander';
import { addConnectionsCommand } from './deploy/kubernetes/connections.ts';
import { addPodReloadCommands } from './deploy/kubernetes/reload.ts';
import { addRolloutCommand } from './deploy/kubernetes/rollout.ts';

export function addKubernetesCommand(program: Command): void {
  const group = program.command('kubernetes').description('what a deploy to a cluster waits for');
  addRolloutCommand(group);
  addPodReloadCommands(group);
  addConnectionsCommand(group);
}
