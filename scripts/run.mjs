import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The project's top directory. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Terraform's program, as cdktf's CLI finds it too. */
export const terraformProgram = process.env.TERRAFORM_BINARY_NAME ?? 'terraform';

/** Runs a program there, without a shell and with the terminal's streams unless `options` say otherwise. */
export function run(program, args, options = {}) {
  return spawnSync(program, args, { cwd: root, stdio: 'inherit', encoding: 'utf8', ...options });
}

/** Runs a program of `node_modules`, named by its script's path there. */
export function runModule(script, args, options) {
  return run(process.execPath, [`${root}node_modules/${script}`, ...args], options);
}
