import { setTimeout as delay } from 'node:timers/promises';
import { refuse } from '../../../errors/secured-postgrest-error.ts';
import { answerOf } from '../server-answer.ts';
import { ForwardedPorts } from './forwarded-ports.ts';
import { type ClusterOptions, kubectl } from './kubectl.ts';
import { podsOf } from './pods.ts';

export interface RenewedFiles extends ClusterOptions {
  /** Finds the pods. */
  readonly selector: string;
  /** Changes with the files. */
  readonly files: string;
}

/** Pods come and go with the load, also while they are asked. */
const TRIES = 5;
const PAUSE_MS = 200;

/**
 * Has the nodes write changed files into the pods at once, and not within a minute, and then asks each pod.
 *
 * @param ask answers when the pods use the files; it gets their names and reaches their ports
 * @throws SecuredPostgrestError `cluster_failed`, also where there is no pod; and what `ask` throws about a pod that is still there
 */
export async function withRenewedFiles(
  options: RenewedFiles,
  ask: (pods: readonly string[], ports: ForwardedPorts) => Promise<void>,
): Promise<void> {
  const asked = new Set<string>();
  for (let tries = 1; ; tries += 1) {
    await annotate(options);
    const names = await runningPods(options);
    const others = names.filter((name) => !asked.has(name));
    if (others.length === 0) {
      if (asked.size > 0) return;
      const fix = 'see `kubectl get pods`: was the Deployment scaled to 0?';
      refuse('cluster_failed', `pods ${options.selector}`, 'none runs that could be asked', fix);
    }
    await using ports = new ForwardedPorts(options);
    try {
      await ask(others, ports);
      for (const name of others) asked.add(name);
    } catch (error) {
      const present = new Set(await runningPods(options));
      if (tries >= TRIES || others.every((name) => present.has(name))) throw error;
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
  pods: readonly string[],
  ports: ForwardedPorts,
  key: string,
  timeoutSeconds: number,
): Promise<void> {
  const [, port, path, kid] = /^(\d+)(\/[^=]*)=(.+)$/.exec(key) ?? [];
  if (kid === undefined)
    refuse('invalid_prop', '--first-key', `"${key}" is not understood`, 'write <port>/<path>=<kid>');
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (const pod of pods) {
    const url = `${await ports.urlOf(pod, Number(port))}${path}`;
    for (;;) {
      const answer = await answerOf(url, kid, deadline);
      if (answer === 'ready') break;
      if (Date.now() > deadline)
        refuse('keys_not_used', `pod ${pod}`, `after ${timeoutSeconds} s it ${answer}`, 'deploy again');
      await delay(PAUSE_MS);
    }
  }
}

/** The kubelet looks at the files of a pod when the pod changes. */
async function annotate(options: RenewedFiles): Promise<void> {
  const { selector, files } = options;
  const annotation = `secured-postgrest/files=${files}`;
  // A pod that ends meanwhile makes it fail: those that are left are asked, and tell.
  await kubectl(options, 'annotate', 'pods', '--selector', selector, '--overwrite', annotation);
}

/** Also those that are not ready at the moment: they would go on with the files from before when they are ready again. */
async function runningPods(options: RenewedFiles): Promise<string[]> {
  const pods = await podsOf(options, options.selector);
  return pods.filter(({ status }) => status.phase === 'Running').map(({ metadata }) => metadata.name);
}
