// `cdktf deploy '*'` or `cdktf destroy '*'` with the local CLI; `--no-wider` stops before access grows, further flags pass
// through.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { root, run, terraformProgram } from './run.mjs';

const [command, ...given] = process.argv.slice(2);
// Not a flag of cdktf: the app and the access SQL read the variable.
const flags = given.filter((flag) => flag !== '--no-wider');
const noWider = flags.length < given.length ? { NO_WIDER: '1' } : {};

if (command !== 'deploy' && command !== 'destroy') {
  console.error(`unknown command '${command ?? ''}'; use: node scripts/cdktf.mjs deploy|destroy [flags...]`);
  process.exit(2);
}

if (run(terraformProgram, ['version'], { stdio: 'ignore' }).error) {
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
const cdktf = spawn(process.execPath, ['node_modules/cdktf-cli/bundle/bin/cdktf', command, '*', ...flags], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ...lockTimeouts, ...noWider, CHECKPOINT_DISABLE: '1' },
});
// Ctrl-C reaches the child by itself; a second one would make Terraform quit without saving its state.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => cdktf.kill('SIGTERM'));
cdktf.on('exit', (code, signal) => {
  if (command === 'deploy' && code === 0) for (const text of summaries()) console.log(text);
  process.exit(code ?? 128 + constants.signals[signal]);
});

/** The summaries that `addStacks` wrote when the app was synthesized. */
function summaries() {
  const out = `${root}cdktf.out`;
  const { stacks } = JSON.parse(readFileSync(`${out}/manifest.json`, 'utf8'));
  return Object.values(stacks)
    .map(({ workingDirectory }) => `${out}/${workingDirectory}/summary.txt`)
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'));
}
