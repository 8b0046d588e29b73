import type { Construct } from 'constructs';
import { TerraformStack } from '../constructs/synth/cdk/core.ts';
import { DatabaseAccess, type DatabaseAccessProps, ServerImage } from '../constructs/index.ts';

export interface AccessStackProps extends DatabaseAccessProps {
  /** Image of the servers. @default `postgrest/postgrest:v<the declared version>` */
  readonly serverImage?: string;
}

/** Roles and access. A deploy whose SQL fails, or that has no image, ends here, before the stack of the servers is touched. */
export class AccessStack extends TerraformStack {
  readonly access: DatabaseAccess;

  constructor(scope: Construct, id: string, { serverImage: image, ...props }: AccessStackProps) {
    super(scope, id);
    new ServerImage(this, 'server-image', { declaration: props.declaration, ...(image && { image }) });
    this.access = new DatabaseAccess(this, 'access', props);
  }
}
