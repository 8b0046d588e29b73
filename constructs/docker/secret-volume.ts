import { Construct } from 'constructs';
import type { ITerraformDependable } from '../synth/cdk/core.ts';
import { Container, type ContainerMounts, type DockerProvider, Volume } from '../synth/cdk/docker.ts';
import { dockerProvider } from './docker-provider.ts';
import { type Belonging, labels } from './labels.ts';
import type { ISecretFile } from '../secrets/secret-file.ts';
import { UNIQUE, uniqueName } from './unique-name.ts';

export interface SecretVolumeProps extends Belonging {
  /** Name of the volume on the engine. */
  readonly volumeName: string;
  /** The secret that the volume holds, or a text that is none and may be in the state. */
  readonly secret: ISecretFile | string;
  /** Changes when the secret does, and tells nothing about it. */
  readonly fingerprint: string;
  /** Name of the file inside of the volume. */
  readonly fileName: string;
  /** Any image that the engine has or can pull: nothing of it is run. */
  readonly image: string;
  /** Dependencies of the file, which have to succeed first. @default none */
  readonly dependsOn?: readonly ITerraformDependable[];
  /** @default the stack's Docker provider; a new one where it has none */
  readonly dockerProvider?: DockerProvider;
}

/**
 * A named volume that holds one secret file, for servers to mount read-only: a secret in the environment would be in
 * the state and in `docker inspect`. The file gets in through a container that is created and never started. When the
 * secret changes, only that container is replaced; the servers stay and see the new file.
 *
 * @example
 * const volume = new SecretVolume(this, 'keys', {
 *   name: 'todos',
 *   volumeName: 'todos-keys',
 *   secret: new SecretFile('/run/secrets/jwks.json'),
 *   fingerprint: '2024-05',
 *   fileName: 'jwks.json',
 *   image: 'postgrest/postgrest:v16.4',
 * });
 */
export class SecretVolume extends Construct {
  /** Dependencies of a container that mounts the volume. */
  readonly waitFor: readonly ITerraformDependable[];
  private readonly volumeName: string;

  constructor(scope: Construct, id: string, props: SecretVolumeProps) {
    super(scope, id);
    const provider = dockerProvider(this, props.dockerProvider);
    this.volumeName = props.volumeName;
    const volume = new Volume(this, 'volume', { name: props.volumeName, labels: labels(props), provider });
    const writer = new Container(this, 'writer', {
      name: uniqueName(`${props.volumeName}-writer`),
      image: props.image,
      start: false,
      mustRun: false,
      // The user nobody, in case of a start by hand.
      user: '65534:65534',
      networkMode: 'none',
      capabilities: { drop: ['ALL'] },
      securityOpts: ['no-new-privileges:true'],
      mounts: [{ type: 'volume', source: volume.name, target: '/secret' }],
      upload: [
        {
          ...(typeof props.secret === 'string'
            ? { content: props.secret }
            : { source: props.secret.relativeTo(this), sourceHash: props.fingerprint }),
          file: `/secret/${props.fileName}`,
          // Uploads belong to root, and servers don't run as root. Only they mount the volume.
          permissions: '0444',
        },
      ],
      labels: labels(props),
      lifecycle: UNIQUE,
      dependsOn: [...(props.dependsOn ?? [])],
      provider,
    });
    this.waitFor = [writer];
  }

  /** The mount for a container that reads the secret as `<directory>/<fileName>`. */
  mountedAt(directory: string): ContainerMounts {
    return { type: 'volume', source: this.volumeName, target: directory, readOnly: true };
  }
}
