import type { Construct, IValidation } from 'constructs';
import { type DataConfig, DataResource } from './cdk/core.ts';

/**
 * Makes a resource `terraform_data`. Its only validation is left out: at each synthesis, it starts Terraform to ask if that is
 * 1.4, and deploys need a later one anyway.
 */
export function dataResource(scope: Construct, id: string, config: DataConfig): DataResource {
  const resource = new DataResource(scope, id, config);
  const validations: IValidation[] = [];
  resource.node.addValidation = (validation) => validations.push(validation);
  resource.node.validate = () => validations.flatMap((validation) => validation.validate());
  return resource;
}
