import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { refuse } from '../../../errors/secured-postgrest-error.ts';
import { parseCount } from '../../parse-count.ts';
import { parseSeconds } from '../../parse-seconds.ts';
import { lastLines } from '../last-lines.ts';
import { shownLine } from '../log-line.ts';
import { secretTexts } from '../secret-texts.ts';
import { addClusterOptions, type ClusterOptions, complaintOf, kubectl } from './kubectl.ts';
import { failingContainers, isReady, podsOf, reasonsOf } from './pods.ts';

export interface RolloutOptions extends ClusterOptions {
  readonly deployment: string;
  /** Pods that there have to be, which an autoscaler may still have to add. */
  readonly least: number;
  /** Seconds. */
  readonly timeout: number;
  readonly hide: readonly string[];
}

/** The parts of a Deployment that are read here. */
interface Deployment {
  readonly metadata: { readonly generation: number };
  readonly spec: {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

const PAUSE_MS = 500;
const LOG_LINES = 20;
const READ_LINES = 1000;

export function addRolloutCommand(group: Command): void {
  addClusterOptions(
    group
      .command('rollout')
      .description('wait until all pods of a Deployment are new and ready; otherwise say why not'),
  )
    .requiredOption('--deployment <name>', 'the Deployment')
    .option('--least <pods>', 'pods that there have to be, which an autoscaler may add', parseCount, 1)
    .option('--timeout <seconds>', 'the longest time to wait', parseSeconds, 300)
    .option('--hide <path>', 'file or directory with secrets that are not shown; can be repeated', collect, [])
    .action(untilRolledOut);
}

const collect = (path: string, all: string[]) => [...all, path];

/** @throws SecuredPostgrestError `server_not_ready`, after the ends of the pods' logs were printed; `cluster_failed` */
export async function untilRolledOut(options: RolloutOptions): Promise<void> {
  const { deployment: name, namespace, least, timeout } = options;
  const deadline = Date.now() + timeout * 1000;
  for (;;) {
    const deployment = await deploymentOf(options);
    const missing = typeof deployment === 'string' ? deployment : missingOf(deployment, least);
    if (missing === undefined) return;
    if (Date.now() > deadline) {
      if (typeof deployment !== 'string') await fail(options, deployment, missing);
      const problem = `after ${timeout} s the cluster does not tell its state (${missing})`;
      refuse('cluster_failed', `deployment ${namespace}/${name}`, problem, 'see that the cluster can be reached');
    }
    await delay(PAUSE_MS);
  }
}

/** The Deployment, or the reason why the cluster does not tell it: an API server that restarts is back within the time. */
async function deploymentOf(options: RolloutOptions): Promise<Deployment | string> {
  const args = ['get', 'deployment', options.deployment, '--output=json'];
  const answer = await kubectl(options, ...args);
  return answer.status === 0 ? (JSON.parse(answer.stdout) as Deployment) : complaintOf(args, answer);
}

/** Describes the work that is left, with the rules of `kubectl rollout status`. */
function missingOf({ metadata, spec, status }: Deployment, least: number): string | undefined {
  if ((status.observedGeneration ?? 0) < metadata.generation) return 'the cluster has not taken note of the change';
  if (spec.replicas < least) return `the autoscaler has asked for ${spec.replicas} pods, and not for ${least}`;
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  if (updatedReplicas < spec.replicas) return `${updatedReplicas} of ${spec.replicas} pods are new`;
  if (replicas > updatedReplicas) return `${replicas - updatedReplicas} old pods have not ended`;
  if (availableReplicas < updatedReplicas) return `${availableReplicas} of ${updatedReplicas} pods are ready`;
  return undefined;
}

async function fail(options: RolloutOptions, { spec }: Deployment, missing: string): Promise<never> {
  const { deployment: name, namespace, timeout, hide } = options;
  const selector = Object.entries(spec.selector.matchLabels).map((pair) => pair.join('='));
  const hidden = secretTexts(hide);
  const failing = (await podsOf(options, selector.join(','))).filter((pod) => !isReady(pod));
  for (const pod of failing) {
    const source = pod.metadata.name;
    for (const reason of reasonsOf(pod)) console.error(shownLine(source, reason, hidden));
    for (const container of failingContainers(pod)) {
      const logs = ['logs', source, '--container', container, `--tail=${READ_LINES}`];
      const { stdout } = await kubectl(options, ...logs);
      for (const line of lastLines(stdout, LOG_LINES)) console.error(shownLine(`${source}/${container}`, line, hidden));
    }
  }
  return refuse(
    'server_not_ready',
    `deployment ${namespace}/${name}`,
    `after ${timeout} s ${missing}; the pods from before go on serving`,
    'correct what the pods say, and deploy again',
  );
}
