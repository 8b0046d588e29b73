import type { Construct } from 'constructs';
import type { Server, ServerFile, ServerHealthCheck, TemporaryDirectory } from '../../compile/server/server.ts';
import { fingerprint } from '../fingerprint.ts';
import type { ISecretFile } from '../secrets/secret-file.ts';
import { Fn, type ITerraformDependable, Token } from '../synth/cdk/core.ts';
import { Container, type ContainerConfig, type DockerProvider } from '../synth/cdk/docker.ts';
import { type ContainerProps, cpuLabel, hardened } from './hardened-container.ts';
import { type Belonging, labels } from './labels.ts';
import { publishedUrl } from './published-url.ts';
import { SecretVolume } from './secret-volume.ts';
import { UNIQUE, uniqueName } from './unique-name.ts';
import type { UpdateOrder } from './update-order.ts';

/** Content of a server's file: a secret, a text that is none, or the volume that another construct has written it to. */
export type FileContent = { readonly fingerprint: string } & (
  { readonly secret: ISecretFile | string } | { readonly volume: SecretVolume }
);

/** Where and how the containers of a server run. */
export interface DockerPlacement extends Belonging {
  readonly image: string;
  /** Content of each file, by the file's id. */
  readonly contents: Readonly<Record<string, FileContent>>;
  /** Names of the volumes begin with it. */
  readonly volumePrefix: string;
  /** The part of each container's configuration with which it reaches others. */
  readonly network: Pick<ContainerConfig, 'networksAdvanced' | 'host'>;
  /**
   * One container each, with the id of its construct, its name on the engine and its published port, if it has one. Docker
   * chooses `any` port at each start.
   */
  readonly containers: readonly { readonly id: string; readonly name: string; readonly port?: number | 'any' }[];
  /** @default 'stop-first' */
  readonly updateOrder?: UpdateOrder;
  /** Further ports of each container. @default none */
  readonly furtherPorts?: readonly { readonly internal: number; readonly external: number; readonly ip: string }[];
  readonly bindAddress: string;
  readonly options: ContainerProps;
  /** Resources that must succeed before a file is written. */
  readonly dependsOn: readonly ITerraformDependable[];
  /** Resources that must succeed after the files are written, and before a container is replaced. @default none */
  readonly afterFiles?: (written: readonly ITerraformDependable[]) => readonly ITerraformDependable[];
  readonly provider: DockerProvider;
}

export interface DockerServers {
  readonly containers: readonly Container[];
  /** URL of each container's published port. */
  readonly urls: readonly string[];
  /** Dependencies to wait for until the files that running servers read are written. */
  readonly written: readonly ITerraformDependable[];
}

/** Runs a server in hardened containers, with each of its files in a volume of its own. */
export function placeServer(scope: Construct, server: Server, placement: DockerPlacement): DockerServers {
  const { image, contents, network, bindAddress, furtherPorts = [], options, provider } = placement;
  const startsFirst = placement.updateOrder === 'start-first';
  const volumes = new Map<string, SecretVolume>();
  for (const file of server.files) volumes.set(file.id, volumeOf(scope, file, placement, volumes));
  const volumesRead = (when: ServerFile['read']) =>
    server.files.filter(({ read }) => read === when).map(({ id }) => volumes.get(id)!);
  const started = server.files.filter(({ read }) => read === 'start');
  const files = [...volumesRead('running'), ...volumesRead('start')].flatMap(({ waitFor }) => waitFor);
  const dependsOn = [...files, ...(placement.afterFiles?.(files) ?? [])];
  const containers = placement.containers.map(
    ({ id, name, port }) =>
      new Container(scope, id, {
        ...hardened(scope.node.path, server.limits, options),
        name: startsFirst ? uniqueName(name) : name,
        image,
        ...(server.command && { command: [...server.command] }),
        ...environment(server),
        mounts: server.files.map((file) => volumes.get(file.id)!.mountedAt(file.directory)),
        ...network,
        ports: [...(port === undefined ? [] : [publishedPort(server, port, bindAddress)]), ...furtherPorts],
        ...temporary(server),
        ...(server.healthCheck && { healthcheck: dockerHealthCheck(server.healthCheck) }),
        ...(server.stop.signal && { stopSignal: server.stop.signal, stopTimeout: server.stop.graceSeconds }),
        destroyGraceSeconds: server.stop.graceSeconds,
        labels: labels(placement, {
          ...options.labels,
          ...Object.fromEntries(started.map(({ id }) => [`secured-postgrest.${id}`, contents[id]!.fingerprint])),
          ...cpuLabel(server.limits),
          // Terraform does not compare the ports: another address replaces the container.
          ...(startsFirst && { 'secured-postgrest.published': bindAddress }),
          ...(server.healthCheck && healthLabel(server.healthCheck)),
          ...(server.temporary && temporaryLabel(server.temporary)),
        }),
        // The state has the port that Docker has chosen, which differs after each start.
        ...(startsFirst && {
          lifecycle: { createBeforeDestroy: true, ignoreChanges: [...UNIQUE.ignoreChanges, 'ports'] },
        }),
        dependsOn,
        provider,
      }),
  );
  return {
    containers,
    urls: placement.containers.flatMap(({ port }, n) =>
      port === undefined ? [] : [publishedUrl(bindAddress, port === 'any' ? chosenPort(containers[n]!) : port)],
    ),
    written: volumesRead('running').flatMap(({ waitFor }) => waitFor),
  };
}

function publishedPort({ port: internal }: Server, external: number | 'any', ip: string) {
  return external === 'any' ? { internal, ip } : { internal, external, ip };
}

/** The port that Docker has chosen, known when Terraform applies; 0 for a container that has ended, which has none. */
function chosenPort(container: Container): string {
  return Token.asString(Fn.try([container.interpolationForAttribute('ports[0].external'), 0]));
}

function volumeOf(
  scope: Construct,
  { id, fileName, writtenAfter }: ServerFile,
  { name, deployment, image, contents, volumePrefix, dependsOn, provider }: DockerPlacement,
  written: ReadonlyMap<string, SecretVolume>,
): SecretVolume {
  const content = contents[id]!;
  if ('volume' in content) return content.volume;
  return new SecretVolume(scope, id, {
    name,
    ...(deployment !== undefined && { deployment }),
    volumeName: `${volumePrefix}-${id}`,
    secret: content.secret,
    fingerprint: content.fingerprint,
    fileName,
    image,
    dependsOn: writtenAfter === undefined ? dependsOn : written.get(writtenAfter)!.waitFor,
    dockerProvider: provider,
  });
}

/** Without variables the provider keeps the image's own list. */
function environment({ environment }: Server): Pick<ContainerConfig, 'env'> {
  const env = Object.entries(environment).map(([variable, value]) => `${variable}=${value}`);
  return env.length === 0 ? {} : { env: env.sort() };
}

function temporary({ temporary }: Server): Pick<ContainerConfig, 'tmpfs'> {
  if (temporary === undefined) return {};
  return {
    tmpfs: Object.fromEntries(
      temporary.map(({ directory, megabytes }) => [directory, `rw,noexec,nosuid,nodev,size=${megabytes}m`]),
    ),
  };
}

/** The provider ignores another size as it does another check. */
function temporaryLabel(directories: readonly TemporaryDirectory[]): Readonly<Record<string, string>> {
  const texts = directories.map(({ directory, megabytes }) => `${directory}:${megabytes}`);
  return { 'secured-postgrest.temporary': texts.join(' ') };
}

function dockerHealthCheck({ command, intervalSeconds, timeoutSeconds, retries }: ServerHealthCheck) {
  return {
    test: ['CMD', ...command],
    interval: `${intervalSeconds}s`,
    timeout: `${timeoutSeconds}s`,
    retries,
  };
}

/** The provider plans another check, and then silently leaves the container as it is: another label replaces it. */
function healthLabel(check: ServerHealthCheck): Readonly<Record<string, string>> {
  return { 'secured-postgrest.health-check': fingerprint(...dockerHealthCheck(check).test) };
}
