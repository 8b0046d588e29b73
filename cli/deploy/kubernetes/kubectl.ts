import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { refuse } from '../../../errors/secured-postgrest-error.ts';
import { refuseForbidden } from './permissions.ts';

export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
}

/** The options that say in which cluster and namespace something runs. */
export function addClusterOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'file that says how the cluster is reached (default: as kubectl does)')
    .option('--context <name>', 'context of that file (default: its current one)')
    .requiredOption('--namespace <name>', 'namespace of the API');
}

/** The same options for `kubectl`. */
export function kubectlOptions({ kubeconfig, context, namespace }: ClusterOptions): string[] {
  return [
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
    ...(context === undefined ? [] : ['--context', context]),
    ...['--namespace', namespace],
  ];
}

export interface KubectlAnswer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** For one command. */
export const ANSWER_MS = 20_000;

/** @throws SecuredPostgrestError `cluster_failed` where there is no `kubectl` command */
export async function kubectl(cluster: ClusterOptions, ...args: readonly string[]): Promise<KubectlAnswer> {
  const options = [...kubectlOptions(cluster), '--request-timeout=15s'];
  const child = spawn('kubectl', [...options, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: ANSWER_MS });
  const ended = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  try {
    const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { status, stdout, stderr };
  } catch (error) {
    return refuse('cluster_failed', 'kubectl', `the command cannot be run (${String(error)})`, 'install it', error);
  }
}

/**
 * Runs `kubectl` and parses its JSON.
 *
 * @throws SecuredPostgrestError `cluster_failed`
 */
export async function kubectlJson<Value>(cluster: ClusterOptions, ...args: readonly string[]): Promise<Value> {
  const answer = await kubectl(cluster, ...args, '--output=json');
  if (answer.status === 0) return JSON.parse(answer.stdout) as Value;
  return refuse('cluster_failed', commandOf(args), complaintOf(args, answer), 'see that the cluster can be reached');
}

/**
 * The reason why a command failed.
 *
 * @throws SecuredPostgrestError `cluster_failed` if this user lacks a permission
 */
export function complaintOf(args: readonly string[], { stderr }: KubectlAnswer): string {
  refuseForbidden(commandOf(args), stderr);
  return stderr.trim() || 'it did not answer in time';
}

const commandOf = (args: readonly string[]) => `kubectl ${args.join(' ')}`;
