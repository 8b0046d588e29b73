import { readdirSync, readFileSync } from 'node:fs';
import type { Deployment } from './deployment.ts';
import type { Watch } from './run-program.ts';

/** When to kill: once the output matches, and then the condition holds. */
export interface KillPoint {
  readonly output: RegExp;
  readonly and?: () => boolean | Promise<boolean>;
  /** Whether the CLI deploys and is killed too. @default false */
  readonly cli?: boolean;
}

/** Deploys and kills all of it, Terraform, providers and commands included, at one point; fails where that never comes. */
export async function deployKilledAt(
  deployment: Deployment,
  { output, and = () => true, cli = false }: KillPoint,
): Promise<void> {
  let reached: Promise<void> | undefined;
  let running: number;
  let ended = false;
  const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
  const kill = async () => {
    while (!ended && !(await and())) await pause();
    // The program may have ended by itself meanwhile: then it is the next one.
    for (; !ended; await pause()) killTree(running);
  };
  const watch: Watch = (text, pid) => {
    running = pid;
    if (output.test(text)) reached ??= kill();
  };
  // Told that it is in CI, cdktf would not say when it synthesizes.
  const run = await (cli ? deployment.tryDeployWithCli({ CI: 'false' }, watch) : deployment.tryDeploy({}, watch));
  ended = true;
  await reached;
  // Not a number: a signal has ended it.
  if (run.status !== null) throw new Error(`the deploy was not killed at ${output}:\n${run.output}`);
}

/** Kills a process and all that it has started, wherever these have made groups and sessions of their own. */
function killTree(pid: number): void {
  const tree = [pid, ...descendants(pid)];
  for (const process_ of tree) {
    try {
      process.kill(process_, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

function descendants(pid: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name): [number, number] => [Number(name), parentOf(name)]),
  );
  const below = (parent: number): number[] =>
    [...parents].filter(([, of]) => of === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

function parentOf(pid: string): number {
  try {
    // The name, in parentheses, may hold anything; state and parent follow it.
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[1],
    );
  } catch {
    return 0; // it has ended meanwhile
  }
}
