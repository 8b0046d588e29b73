import type { Choices } from './choices.ts';

/** A declaration needs a role that tokens may name: where the schema has none, one that may do nothing yet. */
export function withSomeRole(choices: Choices): Choices {
  return choices.users.length > 0 ? choices : { ...choices, users: [`${choices.name}_user`] };
}
