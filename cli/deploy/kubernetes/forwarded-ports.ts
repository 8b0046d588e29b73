import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { refuse } from '../../../errors/secured-postgrest-error.ts';
import { type ClusterOptions, kubectlOptions } from './kubectl.ts';

/** Time in which the cluster has to connect. */
const ANSWER_MS = 20_000;

/** Ports of pods, reached on this machine while it is in use. */
export class ForwardedPorts implements AsyncDisposable {
  private readonly children: ChildProcess[] = [];
  private readonly cluster: ClusterOptions;

  constructor(cluster: ClusterOptions) {
    this.cluster = cluster;
  }

  /**
   * URL of a pod's port on this machine.
   *
   * @throws SecuredPostgrestError `cluster_failed`
   */
  async urlOf(pod: string, port: number): Promise<string> {
    const args = ['port-forward', '--address=127.0.0.1', `pod/${pod}`, `:${port}`];
    const child = spawn('kubectl', [...kubectlOptions(this.cluster), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.children.push(child);
    const errors: string[] = [];
    child.stderr.on('data', (part: Buffer) => errors.push(part.toString()));
    child.on('error', (error) => errors.push(String(error)));
    const deadline = setTimeout(() => child.kill(), ANSWER_MS);
    for await (const line of createInterface({ input: child.stdout })) {
      const local = /127\.0\.0\.1:(\d+) ->/.exec(line)?.[1];
      if (local === undefined) continue;
      clearTimeout(deadline);
      // What follows says which connections it handles.
      child.stdout.resume();
      return `http://127.0.0.1:${local}`;
    }
    clearTimeout(deadline);
    return refuse(
      'cluster_failed',
      `pod ${pod}`,
      `port ${port} cannot be reached (${errors.join('').trim()})`,
      'deploy again',
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill();
        await once(child, 'exit');
      }),
    );
  }
}
