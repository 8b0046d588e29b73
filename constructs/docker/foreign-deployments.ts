import type { App } from '../synth/cdk/core.ts';
import { Container, Network } from '../synth/cdk/docker.ts';
import { DatabaseAccess } from '../database-access.ts';
import { type Engine, isOnEngine, type OnEngine } from './engine.ts';
import { type DeployedObject, foreignObject, refuseForeign } from './foreign-deployment.ts';
import { belongingOf } from './labels.ts';
import { localObjects } from './local-objects.ts';

/**
 * Compares the secrets of each declaration with what the engine and local states say of who has deployed it.
 *
 * @throws SecuredPostgrestError `foreign_deployment`
 */
export function refuseForeignDeployments(app: App, engine: Engine): void {
  const resources = app.node.findAll().filter(isOnEngine);
  const states = localObjects(app);
  const owners = new Map(resources.flatMap((resource) => belongingOf(resource) ?? []).map((own) => [key(own), own]));
  for (const own of owners.values()) {
    const made = resources.filter((resource) => key(belongingOf(resource)) === key(own));
    const onEngine = made.flatMap((resource) => engine.find(kindOf(resource), resource) ?? []);
    const isAnother = (name: string, deployment: string) => owners.has(key({ name, deployment }));
    const object = foreignObject(own, [
      ...onEngine.map((found) => ({ ...found, place: 'the Docker engine' })),
      // One app may deploy a declaration twice, to two engines.
      ...states.filter(
        ({ declaration, deployment }) =>
          declaration === own.name && (deployment === own.deployment || !isAnother(declaration, deployment)),
      ),
    ]);
    if (object) refuseIn(app, own.deployment, object);
  }
}

function refuseIn(app: App, deployment: string | undefined, object: DeployedObject): never {
  const secrets = app.node
    .findAll()
    .filter((node) => node instanceof DatabaseAccess)
    .map((access) => access.secrets)
    .find(({ identity }) => identity === deployment);
  const isNew = secrets?.discard() ?? false;
  return refuseForeign(secrets?.path ?? '.secrets', isNew ? undefined : deployment, object);
}

function kindOf(resource: OnEngine): 'container' | 'network' | 'volume' {
  if (resource instanceof Container) return 'container';
  return resource instanceof Network ? 'network' : 'volume';
}

function key(own: { readonly name: string; readonly deployment?: string } | undefined): string | undefined {
  return own && `${own.name} ${own.deployment}`;
}
