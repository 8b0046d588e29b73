import { Construct } from 'constructs';
import { postgrestImage } from '../../compile/images.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { ITerraformDependable } from '../synth/cdk/core.ts';
import { type DockerProvider, Image } from '../synth/cdk/docker.ts';
import { dockerProvider } from './docker-provider.ts';

export interface ServerImageProps {
  readonly declaration: Declaration;
  /** @default `postgrest/postgrest:v<the declared version>` */
  readonly image?: string;
  /** @default the stack's Docker provider; a new one where it has none */
  readonly dockerProvider?: DockerProvider;
}

/**
 * The image of the servers, pulled where the engine does not have it. A server is removed before another one takes its
 * place; in a stack before theirs, an image that cannot be had ends the deploy while they still run.
 *
 * @example
 * new ServerImage(this, 'server-image', { declaration });
 */
export class ServerImage extends Construct {
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: ServerImageProps) {
    super(scope, id);
    const image = new Image(this, 'image', {
      name: props.image ?? postgrestImage(props.declaration),
      // Servers that run still use the one before.
      keepLocally: true,
      provider: dockerProvider(this, props.dockerProvider),
    });
    this.waitFor = [image];
  }
}
