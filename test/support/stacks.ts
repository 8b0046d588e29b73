import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Run, type RunOptions, runProgram } from './run-program.ts';

/** A stack, as the manifest lists it. */
interface ListedStack {
  readonly name: string;
  readonly workingDirectory: string;
  readonly dependencies: readonly string[];
}

interface Stack {
  readonly name: string;
  readonly directory: string;
}

/**
 * Runs what `cdktf deploy '*'` or `cdktf destroy '*'` runs, without the CLI, whose start takes longer than all of it: the app,
 * then Terraform in each stack, in the order of their dependencies. The first program that fails ends the run.
 * `test/deploy/todos.test.ts` compares it with the CLI.
 */
export async function runStacks(command: 'deploy' | 'destroy', options: RunOptions): Promise<Run> {
  const terraform = terraformOf(options);
  const program = new Programs(options);
  await program.run('the app', '/bin/sh', appOf(options));

  const stacks = program.failed ? [] : inOrder(options);
  for (const { name, directory } of command === 'deploy' ? stacks : stacks.reverse()) {
    const step = command === 'deploy' ? 'apply' : 'destroy';
    // The end of an `init` writes it; the providers of a stack stay the same.
    const initialized = existsSync(join(directory, '.terraform.lock.hcl'));
    if (!initialized) await program.run(name, terraform, ['init', '-input=false', '-no-color'], directory);
    await program.run(name, terraform, [step, '-auto-approve', '-input=false', '-no-color'], directory);
  }
  return program.result;
}

/** Runs the app, as every command of the CLI does first. */
export function synthesize(options: RunOptions): Promise<Run> {
  return runProgram('/bin/sh', appOf(options), options);
}

/** The shell's arguments. */
function appOf({ cwd }: RunOptions): string[] {
  const { app } = JSON.parse(readFileSync(join(cwd, 'cdktf.json'), 'utf8')) as { app: string };
  return ['-c', `exec ${app}`];
}

/**
 * Addresses of the resources that the next deploy would change, after one that has initialized each stack: runs the app, then
 * plans all stacks at the same time.
 */
export async function planStacks(options: RunOptions): Promise<string[]> {
  const app = await synthesize(options);
  if (app.status !== 0) throw new Error(`the app failed:\n${app.output}`);
  const plans = inOrder(options).map(async ({ name, directory }) => {
    const args = ['plan', '-detailed-exitcode', '-input=false', '-no-color'];
    const { status, output } = await runProgram(terraformOf(options), args, { ...options, cwd: directory });
    if (status !== NO_CHANGES && status !== CHANGES) throw new Error(`the plan of ${name} failed:\n${output}`);
    const addresses = [...output.matchAll(/^ {2}# (\S+) (?:will|must) be /gm)].map((match) => match[1]!);
    // Without a resource: an output changes.
    return status === CHANGES && addresses.length === 0 ? [output] : addresses;
  });
  return (await Promise.all(plans)).flat();
}

/** What `-detailed-exitcode` answers. */
const NO_CHANGES = 0;
const CHANGES = 2;

function terraformOf({ env }: RunOptions): string {
  return env['TERRAFORM_BINARY_NAME'] ?? 'terraform';
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
function inOrder({ cwd }: RunOptions): Stack[] {
  const outputs = join(cwd, 'cdktf.out');
  const { stacks } = JSON.parse(readFileSync(join(outputs, 'manifest.json'), 'utf8')) as {
    stacks: Record<string, ListedStack>;
  };
  const ordered = new Set<ListedStack>();
  const add = (stack: ListedStack) => {
    for (const name of stack.dependencies) add(stacks[name]!);
    ordered.add(stack);
  };
  Object.values(stacks).forEach(add);
  return [...ordered].map(({ name, workingDirectory }) => ({ name, directory: join(outputs, workingDirectory) }));
}
