import { Token } from '../synth/cdk/core.ts';
import { type Container, DockerProvider, type Network, type Volume } from '../synth/cdk/docker.ts';
import { engineAddress } from './engine-address.ts';
import { type EngineObject, type EngineObjectKind, engineObjects } from './engine-objects.ts';
import { isNamed } from './is-named.ts';
import { withoutSuffix } from './unique-name.ts';

/** Objects of an app's Docker engines; each engine is read once. An unreachable engine has none. */
export class Engine {
  private readonly known = new Map<string, readonly EngineObject[]>();

  /** The labelled object that has the name that the resource asks for; of several with a unique one, the newest. */
  find(kind: EngineObjectKind, resource: Container | Network | Volume): EngineObject | undefined {
    return this.findAll(kind, resource)[0];
  }

  /** All of them, the newest first. */
  findAll(kind: EngineObjectKind, resource: Container | Network | Volume): readonly EngineObject[] {
    const address = addressOf(resource.provider);
    if (!address) return [];
    const name = resource.nameInput!;
    const stem = withoutSuffix(name);
    // A container with the stem alone is that of another resource, which Terraform removes.
    const isIt = Token.isUnresolved(name)
      ? (object: EngineObject) => object.name !== stem && isNamed(stem, object.name)
      : (object: EngineObject) => object.name === name;
    return this.objects(address).filter((object) => object.kind === kind && isIt(object));
  }

  private objects(address: readonly string[]): readonly EngineObject[] {
    const key = address.join(' ');
    const found = this.known.get(key) ?? engineObjects(address) ?? [];
    this.known.set(key, found);
    return found;
  }
}

/** Options of the `docker` command for the engine of a provider; undefined where only Terraform knows it. */
export function addressOf(provider: unknown): readonly string[] | undefined {
  const address = provider instanceof DockerProvider ? engineAddress(provider) : undefined;
  return address && !Token.isUnresolved(address) ? address : undefined;
}
