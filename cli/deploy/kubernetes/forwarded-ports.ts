import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { refuse } from '../../../errors/secured-postgrest-error.ts';
import { ANSWER_MS, type ClusterOptions, kubectlOptions } from './kubectl.ts';
import { refuseForbidden } from './permissions.ts';

/** Ports of pods, reached on this machine while it is in use. */
export class ForwardedPorts implements AsyncDisposable {
  private readonly children: ChildProcess[] = [];
  private readonly cluster: ClusterOptions;
  private readonly answerMs: number;

  /** @param answerMs the longest time until a port is reached, in milliseconds */
  constructor(cluster: ClusterOptions, answerMs = ANSWER_MS) {
    this.cluster = cluster;
    this.answerMs = answerMs;
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
    // It has no such option of its own, and waits for ever for a cluster that does not answer.
    const tooLong = setTimeout(() => child.kill(), this.answerMs);
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        const local = /127\.0\.0\.1:(\d+) ->/.exec(line)?.[1];
        if (local !== undefined) return `http://127.0.0.1:${local}`;
      }
    } finally {
      clearTimeout(tooLong);
      // What follows says which connections it handles.
      child.stdout.resume();
    }
    refuseForbidden(`pod ${pod}`, errors.join(''));
    const reason = errors.join('').trim() || 'it did not answer in time';
    return refuse('cluster_failed', `pod ${pod}`, `port ${port} cannot be reached (${reason})`, 'deploy again');
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
