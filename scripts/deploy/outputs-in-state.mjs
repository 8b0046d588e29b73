import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The outputs in a stack's local state, as `terraform output -json` prints them; undefined where only Terraform can read it. */
export function outputsInState(directory, { terraform }, { TF_WORKSPACE }) {
  // Each workspace has a state of its own.
  if (TF_WORKSPACE || existsSync(join(directory, '.terraform/environment'))) return undefined;
  const file = resolve(directory, terraform?.backend?.local?.path ?? 'terraform.tfstate');
  if (!existsSync(file)) return undefined;
  const { version, outputs } = readState(file);
  // OpenTofu encrypts states if it is told to.
  if (version !== 4 || outputs === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { sensitive = false, type, value }]) => [name, { sensitive, type, value }]),
  );
}

/** Terraform writes a state in place. Another deploy from this directory that is doing so takes less than this, in milliseconds. */
const WRITING_MS = 10_000;
const clock = new Int32Array(new SharedArrayBuffer(4));

function readState(file) {
  const end = Date.now() + WRITING_MS;
  for (;;) {
    try {
      return JSON.parse(readFileSync(file, 'utf8'));
    } catch (error) {
      if (!(error instanceof SyntaxError) || Date.now() > end) throw error;
      Atomics.wait(clock, 0, 0, 10);
    }
  }
}
