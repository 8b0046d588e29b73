import { Construct, type IConstruct } from 'constructs';
import type { Declaration } from '../declaration/types.ts';
import type { ITerraformDependable } from './synth/cdk/core.ts';
import type { DockerProvider } from './synth/cdk/docker.ts';
import type { ISecretFile } from './secrets/secret-file.ts';
import { SecretVolume } from './docker/secret-volume.ts';
import type { ISecrets } from './secrets/secrets.ts';

/** Keys that servers verify tokens with. */
export interface IKeySet extends IConstruct {
  /** The key set on the machine that deploys. Secret if the algorithm is HS256. */
  readonly jwksFile: ISecretFile;
  /** The volume that the servers read `jwks.json` from. */
  readonly volume: SecretVolume;
  /** Changes with the keys, and reveals nothing about them. */
  readonly fingerprint: string;
  /** Dependencies to wait for until the keys are written. */
  readonly waitFor: readonly ITerraformDependable[];
}

export interface KeySetProps {
  readonly declaration: Declaration;
  readonly secrets: ISecrets;
  /** Any image that the engine has or can pull: nothing of it is run. */
  readonly image: string;
  /** Resources that must succeed before the keys change: the access SQL. */
  readonly dependsOn: readonly ITerraformDependable[];
  /** @default the stack's Docker provider; a new one where it has none */
  readonly dockerProvider?: DockerProvider;
}

/**
 * The keys that the servers trust, in a volume of their own. When they change, the file is written again, and
 * {@link PostgrestServer} has the running servers read it: keys rotate without a restart.
 *
 * @example
 * const keys = new KeySet(this, 'keys', { declaration, secrets, image, dependsOn: access.waitFor });
 */
export class KeySet extends Construct implements IKeySet {
  readonly jwksFile: ISecretFile;
  readonly volume: SecretVolume;
  readonly fingerprint: string;
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: KeySetProps) {
    super(scope, id);
    const { declaration, secrets } = props;
    this.jwksFile = secrets.verificationKeys(declaration.keys);
    this.fingerprint = secrets.fingerprint(this.jwksFile);
    this.volume = new SecretVolume(this, 'volume', {
      name: declaration.name,
      deployment: secrets.identity,
      volumeName: `${declaration.name}-keys`,
      secret: this.jwksFile,
      fingerprint: this.fingerprint,
      fileName: 'jwks.json',
      image: props.image,
      dependsOn: props.dependsOn,
      ...(props.dockerProvider && { dockerProvider: props.dockerProvider }),
    });
    this.waitFor = this.volume.waitFor;
  }
}
