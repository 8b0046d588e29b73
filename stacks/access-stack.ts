import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { DatabaseAccess, type DatabaseAccessProps } from '../constructs/index.ts';

/** Roles and access. A deploy whose SQL fails ends here, before the stack of the servers is touched. */
export class AccessStack extends TerraformStack {
  readonly access: DatabaseAccess;

  constructor(scope: Construct, id: string, props: DatabaseAccessProps) {
    super(scope, id);
    this.access = new DatabaseAccess(this, 'access', props);
  }
}
