import { setTimeout as delay } from 'node:timers/promises';
import { refuse } from '../../../errors/secured-postgrest-error.ts';
import { answerOf } from '../server-answer.ts';
import { atTheSameTime } from './at-the-same-time.ts';
import { ForwardedPorts } from './forwarded-ports.ts';
import { type ClusterOptions, complaintOf, kubectl } from './kubectl.ts';
import { isReady, type Pod, podsOf } from './pods.ts';

export interface RenewedFiles extends ClusterOptions {
  /** Finds the pods. */
  readonly selector: string;
  /** Changes with the files. */
  readonly files: string;
  /** True asks only pods that are ready, and there may be none: before a rollout, which may fail. @default false */
  readonly readyOnly?: boolean;
}

/** Pods come and go with the load, also while they are asked. */
const TRIES = 5;
const PAUSE_MS = 200;

/**
 * Has the nodes write changed files into the pods at once, and not within a minute, and then asks each pod.
 *
 * @param ask answers when the pods use the files; it reaches their ports
 * @throws SecuredPostgrestError `cluster_failed`, also where there is no pod; and what `ask` throws about a pod that is still there
 */
export async function withRenewedFiles(
  options: RenewedFiles,
  ask: (pods: readonly Pod[], ports: ForwardedPorts) => Promise<void>,
): Promise<void> {
  const asked = new Set<string>();
  for (let tries = 1; ; tries += 1) {
    await annotate(options);
    const others = (await askedPods(options)).filter((pod) => !asked.has(nameOf(pod)));
    if (others.length === 0) {
      if (asked.size > 0 || options.readyOnly) return;
      const fix = 'see `kubectl get pods`: was the Deployment scaled to 0?';
      refuse('cluster_failed', `pods ${options.selector}`, 'none runs that could be asked', fix);
    }
    await using ports = new ForwardedPorts(options);
    try {
      await ask(others, ports);
      for (const pod of others) asked.add(nameOf(pod));
    } catch (error) {
      const present = new Set((await askedPods(options)).map(nameOf));
      if (tries >= TRIES || others.every((pod) => present.has(nameOf(pod)))) throw error;
    }
  }
}

/**
 * Waits until a port of each pod tells a key set that begins with this key.
 *
 * @param key port, path and id of the key, such as `8090/jwks=2026-11`
 * @throws SecuredPostgrestError `keys_not_used`
 */
export async function untilFirstKey(
  pods: readonly Pod[],
  ports: ForwardedPorts,
  key: string,
  timeoutSeconds: number,
): Promise<void> {
  const [, port, path, kid] = /^(\d+)(\/[^=]*)=(.+)$/.exec(key) ?? [];
  if (kid === undefined)
    refuse('invalid_prop', '--first-key', `"${key}" is not understood`, 'write <port>/<path>=<kid>');
  const deadline = Date.now() + timeoutSeconds * 1000;
  await atTheSameTime(pods.map(nameOf), async (pod) => {
    const url = `${await ports.urlOf(pod, Number(port))}${path}`;
    for (;;) {
      const answer = await answerOf(url, kid, deadline);
      if (answer === 'ready') break;
      if (Date.now() > deadline)
        refuse('keys_not_used', `pod ${pod}`, `after ${timeoutSeconds} s it ${answer}`, 'deploy again');
      await delay(PAUSE_MS);
    }
  });
}

/**
 * Has the kubelet look at the files of a pod, which it does when the pod changes.
 *
 * @throws SecuredPostgrestError `cluster_failed`
 */
async function annotate(options: RenewedFiles): Promise<void> {
  const { selector, files } = options;
  const args = ['annotate', 'pods', '--selector', selector, '--overwrite', `secured-postgrest/files=${files}`];
  const answer = await kubectl(options, ...args);
  if (answer.status === 0) return;
  // A pod that ends meanwhile is no failure: those that are left are asked.
  const complaints = complaintOf(args, answer).split('\n');
  const complaint = complaints.filter((line) => !/\(NotFound\)|no resources found/i.test(line)).join('\n');
  if (complaint !== '')
    refuse(
      'cluster_failed',
      `kubectl annotate pods ${selector}`,
      complaint,
      'let this user annotate pods, and deploy again',
    );
}

/** Also those that are not ready at the moment: they would go on with the files from before when they are ready again. */
async function askedPods(options: RenewedFiles): Promise<Pod[]> {
  const pods = await podsOf(options, options.selector);
  return pods.filter((pod) => pod.status.phase === 'Running' && (!options.readyOnly || isReady(pod)));
}

const nameOf = ({ metadata }: Pod) => metadata.name;
