import { Fn } from '../synth/cdk/core.ts';

/**
 * A name for a container that is created while the one that it replaces still has its own. It differs at each creation, and stays
 * as it is until then: with `UNIQUE`, Terraform does not compare it.
 */
export function uniqueName(name: string): string {
  return `${name}-${Fn.substr(Fn.uuid(), 0, 8)}`;
}

/** Lifecycle of a container with such a name. */
export const UNIQUE = { ignoreChanges: ['name'] };

/** The name that a unique one is made of, before Terraform applies. */
export function withoutSuffix(name: string): string {
  return name.replace(/-\$\{TfToken\[.*$/, '');
}
