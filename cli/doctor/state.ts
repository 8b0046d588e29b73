import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type CheckResult, resultsOf } from './check-result.ts';

const { ok, warning, problem } = resultsOf('state');

/** Checks files that earlier deploys left in the app's directory. */
export function checkState(directory = process.cwd()): CheckResult[] {
  const names = readdirSync(directory);
  const found = [
    ...names.filter((name) => name.endsWith('.tfstate.lock.info')).map((name) => lockResult(directory, name)),
    ...names.filter((name) => name.endsWith('.tfstate')).flatMap((name) => damageResults(directory, name)),
    ...movedResults(directory),
  ];
  if (found.length > 0) return found;
  const states = names.filter((name) => name.endsWith('.tfstate'));
  return [
    ok(
      states.length === 0
        ? 'no local state: nothing was deployed from here, or the backend is remote'
        : states.join(', '),
    ),
  ];
}

function lockResult(directory: string, name: string): CheckResult {
  const { Who: who = 'unknown', Created: since = 'unknown' } = (readJson(join(directory, name)) ?? {}) as Record<
    string,
    string
  >;
  return warning(
    `${name}: a deploy by ${who} holds the lock since ${since}`,
    'wait for it; if it was killed, the next deploy takes the lock of a local state',
  );
}

function damageResults(directory: string, name: string): CheckResult[] {
  if (readJson(join(directory, name)) !== undefined) return [];
  return [
    problem(`${name} is damaged`, `restore it from ${name}.backup, or remove it: a deploy takes over what exists`),
  ];
}

/** Terraform notes the absolute path of a local state. */
function movedResults(directory: string): CheckResult[] {
  const stacks = join(directory, 'cdktf.out', 'stacks');
  const names = existsSync(stacks) ? readdirSync(stacks) : [];
  const isMoved = names.some((name) => {
    const file = join(stacks, name, '.terraform', 'terraform.tfstate');
    const { backend } = (readJson(file) ?? {}) as { backend?: { type?: string; config?: { path?: string } } };
    const path = backend?.type === 'local' ? backend.config?.path : undefined;
    return path != null && relative(resolve(directory), path).startsWith('..');
  });
  return isMoved ? [problem('cdktf.out was made in another directory', 'run: rm -r cdktf.out')] : [];
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
