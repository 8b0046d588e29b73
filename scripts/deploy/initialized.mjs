import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockOf } from './provider-lock.mjs';

/** In Terraform's directory of a stack, with which it is removed. */
const RECORD = '.terraform/initialized-by-deploy';

/**
 * True if `terraform init` has nothing to do: a deploy has run it for the same program, backend and providers, nothing else has
 * initialized the stack since, and the providers still exist.
 */
export function isInitialized(directory, content, program) {
  return textOf(directory, RECORD) === stateOf(directory, content, program) && hasProviders(directory, content);
}

export function recordInitialized(directory, content, program) {
  writeFileSync(join(directory, RECORD), stateOf(directory, content, program));
}

function stateOf(directory, { terraform }, program) {
  const { mtimeMs, size } = statSync(program);
  const backend = textOf(directory, '.terraform/terraform.tfstate');
  const { text: lock } = lockOf(directory, { terraform });
  return createHash('sha256')
    .update(JSON.stringify([program, mtimeMs, size, terraform, lock, backend]))
    .digest('hex');
}

/** True if each required provider has its program, which may be in a cache that a link leads to. */
function hasProviders(directory, { terraform }) {
  const providers = join(directory, '.terraform/providers');
  const registries = namesIn(providers);
  return Object.values(terraform?.required_providers ?? {}).every(({ source, version }) =>
    ['', ...registries].some((registry) => {
      const versioned = join(providers, registry, source, version);
      return namesIn(versioned).some((platform) => namesIn(join(versioned, platform)).length > 0);
    }),
  );
}

function namesIn(directory) {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function textOf(directory, file) {
  const path = join(directory, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
