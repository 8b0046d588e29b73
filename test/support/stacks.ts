import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Run, type RunOptions, runProgram } from './run-program.ts';

/** The providers that all directories share; the CLI has Terraform use the same folder. */
const pluginCache = join(homedir(), '.terraform.d/plugin-cache');

interface Stack {
  readonly name: string;
  readonly workingDirectory: string;
  readonly dependencies: readonly string[];
}

/**
 * Runs what `cdktf deploy '*'` or `cdktf destroy '*'` runs, without the CLI, whose start takes longer than all of it: the app,
 * then Terraform in each stack, in the order of their dependencies. The first program that fails ends the run.
 * `test/deploy/todos.test.ts` compares it with the CLI.
 */
export async function runStacks(command: 'deploy' | 'destroy', options: RunOptions): Promise<Run> {
  mkdirSync(pluginCache, { recursive: true });
  const terraform = options.env?.['TERRAFORM_BINARY_NAME'] ?? 'terraform';
  const program = new Programs({ ...options, env: { ...options.env, TF_PLUGIN_CACHE_DIR: pluginCache } });
  const { app } = JSON.parse(readFileSync(join(options.cwd, 'cdktf.json'), 'utf8')) as { app: string };
  await program.run('the app', '/bin/sh', ['-c', `exec ${app}`]);

  const stacks = program.failed ? [] : inOrder(join(options.cwd, 'cdktf.out'));
  for (const { name, workingDirectory } of command === 'deploy' ? stacks : stacks.reverse()) {
    const directory = join(options.cwd, 'cdktf.out', workingDirectory);
    const step = command === 'deploy' ? 'apply' : 'destroy';
    // The end of an `init` writes it; the providers of a stack stay the same.
    const initialized = existsSync(join(directory, '.terraform.lock.hcl'));
    if (!initialized) await program.run(name, terraform, ['init', '-input=false', '-no-color'], directory);
    await program.run(name, terraform, [step, '-auto-approve', '-input=false', '-no-color'], directory);
  }
  return program.result;
}

/** Programs one after the other, which are watched like one; after one that failed none is run. */
class Programs {
  result: Run = { status: 0, output: '' };
  readonly #options: RunOptions;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  get failed(): boolean {
    return this.result.status !== 0;
  }

  /** `title`: a line ahead of what the program prints. */
  async run(title: string, program: string, args: readonly string[], cwd = this.#options.cwd): Promise<void> {
    if (this.failed) return;
    const before = `${this.result.output}${title}\n`;
    const { watch } = this.#options;
    const { status, output } = await runProgram(program, args, {
      ...this.#options,
      cwd,
      ...(watch && { watch: (text, pid) => watch(before + text, pid) }),
    });
    this.result = { status, output: before + output };
  }
}

/** The stacks that were synthesized, each after those that it depends on. */
function inOrder(directory: string): Stack[] {
  const { stacks } = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as {
    stacks: Record<string, Stack>;
  };
  const ordered = new Set<Stack>();
  const add = (stack: Stack) => {
    for (const name of stack.dependencies) add(stacks[name]!);
    ordered.add(stack);
  };
  Object.values(stacks).forEach(add);
  return [...ordered];
}
