import type { Construct } from 'constructs';
import { TerraformStack } from '../synth/cdk/core.ts';
import { DockerProvider } from '../synth/cdk/docker.ts';
import { refuseMixedFamilies } from '../synth/cdk/refuse-mixed-families.ts';

/** The given Docker provider, else the one that the stack has already, else a new one with Docker's own defaults. */
export function dockerProvider(scope: Construct, given?: DockerProvider): DockerProvider {
  refuseMixedFamilies(scope);
  if (given) return given;
  const stack = TerraformStack.of(scope);
  const found = stack.node.findAll().filter((node): node is DockerProvider => node instanceof DockerProvider);
  return found.find((provider) => provider.alias === undefined) ?? found[0] ?? new DockerProvider(stack, 'docker');
}
