import type { Construct } from 'constructs';
import { TerraformOutput, TerraformStack } from '../constructs/synth/cdk/core.ts';
import { SecuredPostgrest, type SecuredPostgrestProps } from '../constructs/index.ts';

/** Keys and servers. */
export class ApiStack extends TerraformStack {
  readonly api: SecuredPostgrest;

  constructor(scope: Construct, id: string, props: SecuredPostgrestProps) {
    super(scope, id);
    this.api = new SecuredPostgrest(this, 'api', props);
    new TerraformOutput(this, 'url', { value: this.api.url });
    new TerraformOutput(this, 'roles', { value: this.api.roleNames });
  }
}
