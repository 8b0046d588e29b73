import type { Construct, IConstruct } from 'constructs';
import { type ITerraformDependable, TerraformStack } from './cdk/core.ts';

/** Something that others must wait for. */
export interface IAwaitable extends IConstruct {
  readonly waitFor: readonly ITerraformDependable[];
}

/**
 * Dependencies with which resources of `scope` wait for `other`. Terraform cannot wait for a resource of another stack: there
 * the whole stack comes first.
 */
export function waitAcross(scope: Construct, other: IAwaitable): readonly ITerraformDependable[] {
  const [stack, otherStack] = [TerraformStack.of(scope), TerraformStack.of(other)];
  if (stack === otherStack) return other.waitFor;
  stack.addDependency(otherStack);
  return [];
}
