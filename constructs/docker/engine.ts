import { type App, Token } from '../synth/cdk/core.ts';
import { Container, DockerProvider, Network, Volume } from '../synth/cdk/docker.ts';
import { engineAddress } from './engine-address.ts';
import { type EngineObject, type EngineObjectKind, engineObjects } from './engine-objects.ts';
import { isNamed } from './is-named.ts';
import { withoutSuffix } from './unique-name.ts';

/** Objects of an app's Docker engines, as they were when these were read. An unreachable engine has none. */
export class Engine {
  private readonly known: ReadonlyMap<string, readonly EngineObject[]>;

  private constructor(known: ReadonlyMap<string, readonly EngineObject[]>) {
    this.known = known;
  }

  /** Reads the engines of an app's containers, networks and volumes, each once. */
  static async of(app: App): Promise<Engine> {
    const addresses = app.node.findAll().flatMap((node) => {
      const address = isOnEngine(node) ? addressOf(node.provider) : undefined;
      return address ? [[keyOf(address), address] as const] : [];
    });
    const read = [...new Map(addresses)].map(
      async ([key, address]) => [key, (await engineObjects(address)) ?? []] as const,
    );
    return new Engine(new Map(await Promise.all(read)));
  }

  /** The labelled object that has the name that the resource asks for; of several with a unique one, the newest. */
  find(kind: EngineObjectKind, resource: OnEngine): EngineObject | undefined {
    return this.findAll(kind, resource)[0];
  }

  /** All of them, the newest first. */
  findAll(kind: EngineObjectKind, resource: OnEngine): readonly EngineObject[] {
    const address = addressOf(resource.provider);
    if (!address) return [];
    const name = resource.nameInput!;
    const stem = withoutSuffix(name);
    // A container with the stem alone is that of another resource, which Terraform removes.
    const isIt = Token.isUnresolved(name)
      ? (object: EngineObject) => object.name !== stem && isNamed(stem, object.name)
      : (object: EngineObject) => object.name === name;
    const objects = this.known.get(keyOf(address)) ?? [];
    return objects.filter((object) => object.kind === kind && isIt(object));
  }
}

/** A resource that an engine has as an object. */
export type OnEngine = Container | Network | Volume;

export function isOnEngine(node: unknown): node is OnEngine {
  return node instanceof Container || node instanceof Network || node instanceof Volume;
}

function keyOf(address: readonly string[]): string {
  return address.join(' ');
}

/** Options of the `docker` command for the engine of a provider; undefined where only Terraform knows it. */
export function addressOf(provider: unknown): readonly string[] | undefined {
  const address = provider instanceof DockerProvider ? engineAddress(provider) : undefined;
  return address && !Token.isUnresolved(address) ? address : undefined;
}
