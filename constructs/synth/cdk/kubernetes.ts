import type { Construct } from 'constructs';
import { type TerraformMetaArguments, TerraformProvider, TerraformResource } from './core.ts';

/** The family's package of bindings is not needed, and CDK Terrain has none: Terraform's provider checks the attributes. */
const METADATA = {
  providerName: 'kubernetes',
  // Sidecar containers came with 3.0.
  providerVersionConstraint: '>= 3.0, < 4.0',
};

/** Attributes and blocks in the words of Terraform's provider. */
export type KubernetesAttributes = Readonly<Record<string, unknown>>;

/** Terraform's provider `hashicorp/kubernetes`. */
export class KubernetesProvider extends TerraformProvider {
  private readonly attributes: KubernetesAttributes & { readonly alias: string };

  constructor(scope: Construct, id: string, attributes: KubernetesAttributes & { readonly alias: string }) {
    super(scope, id, {
      terraformResourceType: 'kubernetes',
      terraformGeneratorMetadata: METADATA,
      terraformProviderSource: 'hashicorp/kubernetes',
    });
    this.attributes = attributes;
  }

  override get alias(): string {
    return this.attributes.alias;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { ...this.attributes };
  }
}

/** A resource of that provider, such as `kubernetes_service_v1`. */
export class KubernetesResource extends TerraformResource {
  private readonly attributes: KubernetesAttributes;

  constructor(
    scope: Construct,
    id: string,
    type: `kubernetes_${string}`,
    attributes: KubernetesAttributes,
    more: TerraformMetaArguments = {},
  ) {
    super(scope, id, { terraformResourceType: type, terraformGeneratorMetadata: METADATA, ...more });
    this.attributes = attributes;
  }

  /** Address in the stack, such as `kubernetes_service_v1.service`, where Terraform takes no expression. */
  get address(): string {
    return `${this.terraformResourceType}.${this.friendlyUniqueId}`;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { ...this.attributes };
  }
}
