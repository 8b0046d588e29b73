import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { printAnnotations, printOutputs } from './print.mjs';
import { publish } from './publish.mjs';
import { StackRun } from './stack-run.mjs';
import { isPlain, readStacks } from './stacks.mjs';
import { ownDirectory, synthesize } from './synthesize.mjs';

/** Instead of a status: the stacks are synthesized, and need the CLI. */
export const NEEDS_CLI = 'needs the CLI';

/**
 * Deploys or destroys all stacks, with the output and the statuses of the CLI: runs the app, `terraform init` in the stacks
 * that need it, and Terraform in one stack after the other, until one fails.
 *
 * @param project `root`; `app` and `out` of `cdktf.json`; `terraform`, the path of the program; `env`; `skipProviderLock`
 *   and `noColor`
 * @returns the status to end with, or `NEEDS_CLI`
 */
export async function runStacks(command, programs, project) {
  const out = join(project.root, project.out);
  const stacks = await synthesizeStacks(programs, project, out);
  if (!Array.isArray(stacks)) return stacks;
  const runs = stacks.map((stack, index) => new StackRun(programs, project, { ...stack, out, index }));
  const steps = runs.map((run) => () => run.initialize());
  if (command === 'deploy') steps.push(...runs.map((run) => () => run.apply()));
  else steps.push(...runs.toReversed().map((run) => () => run.destroy()));
  for (const step of steps) {
    const problem = programs.interrupted ? 'interrupted' : await step();
    if (problem !== undefined) return failed(programs, problem);
  }
  if (command === 'deploy') printOutputs(runs.flatMap((run) => run.outputs()));
  return 0;
}

/** The stacks, whose files are then where Terraform runs; without any, the result of the run. */
async function synthesizeStacks(programs, project, out) {
  const own = join(project.root, ownDirectory(project.out));
  try {
    const status = await synthesize(programs, project);
    if (status !== 0) return failed(programs, synthesisFailed(project.app, status));
    const stacks = readStacks(own);
    publish(own, out);
    if (!stacks.every(isPlain)) return NEEDS_CLI;
    return printAnnotations(stacks) ? failed(programs, ERROR_ANNOTATIONS) : stacks;
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

const ERROR_ANNOTATIONS =
  'While synthesizing one or more error annotations have been encountered. Please check the log output above.';

const synthesisFailed = (app, status) =>
  `ERROR: cdktf encountered an error while synthesizing\n\nSynth command: ${app}\nError:         non-zero exit code ${status}`;

function failed({ interrupted }, problem) {
  console.error(problem);
  return interrupted ?? 1;
}
