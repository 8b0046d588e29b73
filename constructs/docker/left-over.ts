import { Annotations, type App, Token } from '../synth/cdk/core.ts';
import { Container } from '../synth/cdk/docker.ts';
import type { Engine } from './engine.ts';
import { isNamed } from './is-named.ts';
import { belongingOf } from './labels.ts';
import { localObjects } from './local-objects.ts';
import { withoutSuffix } from './unique-name.ts';

/**
 * Warns of containers that a killed deploy has left beside those in the local state. Terraform does not know them, and their names
 * are free for no other container.
 */
export function warnOfLeftOvers(app: App, engine: Engine): void {
  const known = localObjects(app).map(({ name }) => name);
  const containers = app.node.findAll().filter((node) => node instanceof Container);
  for (const container of containers.filter(({ nameInput }) => Token.isUnresolved(nameInput))) {
    const own = belongingOf(container)?.deployment;
    const name = withoutSuffix(container.nameInput!);
    // Without a state of it, the deploy takes the newest one over.
    if (!known.some((one) => isNamed(name, one))) continue;
    const unknown = engine
      .findAll('container', container)
      .filter((object) => object.deployment === own && !known.includes(object.name));
    for (const object of unknown) {
      const problem = `a killed deploy has left the container ${object.name}, which no state has`;
      Annotations.of(container).addWarning(`${problem}: remove it (docker rm --force ${object.name})`);
    }
  }
}
