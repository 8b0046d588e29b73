import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The synthesized stacks, each after those that it depends on. `content`: its Terraform configuration. */
export function readStacks(directory) {
  const { stacks } = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'));
  const ordered = new Set();
  const add = (stack) => {
    for (const name of stack.dependencies) add(stacks[name]);
    ordered.add(stack);
  };
  Object.values(stacks).forEach(add);
  return [...ordered].map((stack) => ({ ...stack, content: contentOf(directory, stack) }));
}

function contentOf(directory, { synthesizedStackPath }) {
  return JSON.parse(readFileSync(join(directory, synthesizedStackPath), 'utf8'));
}

/**
 * True if a stack needs nothing that only the CLI does: its state is a local file, it has no modules, and each provider has
 * one version.
 */
export function isPlain({ content: { terraform = {}, module } }) {
  const { backend = {}, cloud, required_providers: providers = {} } = terraform;
  const local = Object.keys(backend).every((name) => name === 'local');
  const exact = Object.values(providers).every(({ version }) => /^\d+(\.\d+){2}$/.test(version));
  return local && exact && cloud === undefined && module === undefined;
}
