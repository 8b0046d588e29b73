import type { Construct } from 'constructs';
import { TerraformOutput } from '../constructs/synth/cdk/core.ts';
import { SecuredPostgrest, type SecuredPostgrestProps } from '../constructs/index.ts';
import { QuietStack } from './quiet-stack.ts';

/**
 * Keys and servers, with the outputs `url`, `urls` (of the gateway, or of each server) and `roles`. Without `access` it makes the roles and the access SQL, too.
 *
 * @example
 * const { api } = new ApiStack(new App(), 'todos-api', { declaration, database, access, secrets });
 *
 * @throws SecuredPostgrestError `invalid_prop`, `unsupported_version`, `vulnerable_version`, `unreadable_secret`,
 * `insecure_secret_file`, `lost_secret`, and what reading keys refuses
 */
export class ApiStack extends QuietStack {
  readonly api: SecuredPostgrest;

  constructor(scope: Construct, id: string, props: SecuredPostgrestProps) {
    super(scope, id);
    this.api = new SecuredPostgrest(this, 'api', props);
    new TerraformOutput(this, 'url', { value: this.api.url });
    // Docker chooses the servers' ports behind a gateway anew at each start.
    new TerraformOutput(this, 'urls', { value: this.api.gateway ? [this.api.url] : this.api.urls });
    new TerraformOutput(this, 'roles', { value: this.api.roleNames });
  }
}
