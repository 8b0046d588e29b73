import { Token } from '../synth/cdk/core.ts';
import { type Container, DockerProvider, type Network, type Volume } from '../synth/cdk/docker.ts';
import { engineAddress } from './engine-address.ts';
import { type EngineObject, type EngineObjectKind, engineObjects } from './engine-objects.ts';

/** Objects of an app's Docker engines; each engine is read once. An unreachable engine has none. */
export class Engine {
  private readonly known = new Map<string, readonly EngineObject[]>();

  /** The labelled object that has the name that the resource asks for. */
  find(kind: EngineObjectKind, resource: Container | Network | Volume): EngineObject | undefined {
    const address = addressOf(resource.provider);
    if (!address) return undefined;
    return this.objects(address).find((object) => object.kind === kind && object.name === resource.nameInput);
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
