// Deploys or destroys all stacks: `cdktf deploy '*'` or `cdktf destroy '*'` with the local CLI, or the same without it where
// that is known to come to the same. `--no-wider` stops before access grows, further flags pass through.
import './install.mjs';
import { join } from 'node:path';
import { findProgram } from './deploy/find-program.mjs';
import { knownOptions } from './deploy/known-options.mjs';
import { plainApp } from './deploy/plain-app.mjs';
import { Programs } from './deploy/programs.mjs';
import { runCli } from './deploy/run-cli.mjs';
import { NEEDS_CLI, runStacks } from './deploy/run-stacks.mjs';
import { summaries } from './deploy/summaries.mjs';
import { root, terraformProgram } from './run.mjs';

const [command, ...given] = process.argv.slice(2);
// Not a flag of cdktf: the app and the access SQL read the variable.
const flags = given.filter((flag) => flag !== '--no-wider');
const noWider = flags.length < given.length ? { NO_WIDER: '1' } : {};

if (command !== 'deploy' && command !== 'destroy') {
  console.error(`unknown command '${command ?? ''}'; use: node scripts/cdktf.mjs deploy|destroy [flags...]`);
  process.exit(2);
}

const terraform = findProgram(terraformProgram, root, process.env);
if (terraform === undefined) {
  console.error(
    `${terraformProgram} was not found on the PATH; install Terraform (https://developer.hashicorp.com/terraform/install) ` +
      'or OpenTofu (https://opentofu.org/docs/intro/install), 1.11 or later, or name its program in TERRAFORM_BINARY_NAME',
  );
  process.exit(127);
}

// Another deploy from this directory is waited for; what the environment says comes last and wins.
const lockTimeouts = Object.fromEntries(
  ['plan', 'apply', 'destroy'].map((name) => {
    const variable = `TF_CLI_ARGS_${name}`;
    return [variable, `-lock-timeout=2m ${process.env[variable] ?? ''}`.trim()];
  }),
);
// Terraform and its providers end soon: collecting less garbage saves a tenth of their time.
const env = { GOGC: '400', ...process.env, ...lockTimeouts, ...noWider, CHECKPOINT_DISABLE: '1' };

const options = knownOptions(flags, process.env);
const app = plainApp(root);
const status = options && app ? await withoutCli() : await runCli(command, flags, { root, env });
if (command === 'deploy' && status === 0) {
  for (const text of summaries(join(root, app?.out ?? 'cdktf.out'))) console.log(text);
}
process.exit(status);

async function withoutCli() {
  const result = await runStacks(command, new Programs(env), { root, ...app, ...options, terraform, env });
  return result === NEEDS_CLI ? runCli(command, [...flags, '--skip-synth'], { root, env }) : result;
}
