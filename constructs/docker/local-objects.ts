import { relative } from 'node:path';
import { type App, LocalBackend, TerraformStack } from '../synth/cdk/core.ts';
import { stateObjects } from '../synth/local-state.ts';
import type { DeployedObject } from './foreign-deployment.ts';

/** The labelled objects that the local states of an app's stacks have. */
export function localObjects(app: App): DeployedObject[] {
  return app.node
    .findAll()
    .filter((node) => TerraformStack.isStack(node))
    .flatMap(stateOf);
}

function stateOf(stack: TerraformStack): DeployedObject[] {
  const backend = stack.node.children.find((child) => child instanceof LocalBackend) as
    { readonly props?: { readonly path?: string } } | undefined;
  const file = backend?.props?.path ?? `terraform.${stack.node.id}.tfstate`;
  return stateObjects(file).map((object) => ({ ...object, place: relative('', file) }));
}
