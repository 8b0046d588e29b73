import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `terraform init` has to do about the providers of a stack, by its lock file, as the CLI decides it. */
export function lockOf(directory, content) {
  const file = join(directory, '.terraform.lock.hcl');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const locked = Object.values(content.terraform?.required_providers ?? {}).map(({ source, version }) =>
    constraintsOf(text, source).map((constraints) => constraints === version),
  );
  return {
    text,
    /** Whether a provider is locked to another version than the required one. */
    outdated: locked.some((matches) => matches.includes(false)),
    /** Whether each provider is locked to the required version. */
    complete: text !== '' && locked.every((matches) => matches.includes(true)),
  };
}

/** The constraints of a provider in a lock file, once for each registry. */
function constraintsOf(text, source) {
  return [...text.matchAll(/^provider "([^"]+)" \{\n(.*?)^\}/gms)]
    .filter(([, name]) => name === source || name.endsWith(`/${source}`))
    .map(([, , body]) => /^ *constraints *= *"(.*)"/m.exec(body)?.[1]);
}
