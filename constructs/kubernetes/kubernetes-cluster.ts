import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { Construct } from 'constructs';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { type ITerraformDependable, type TerraformProvider, TerraformStack } from '../synth/cdk/core.ts';
import { KubernetesProvider, KubernetesResource } from '../synth/cdk/kubernetes.ts';
import { refuseMixedFamilies } from '../synth/cdk/refuse-mixed-families.ts';

export interface KubernetesClusterProps {
  /** Namespace of all that is made in the cluster. */
  readonly namespace: string;
  /**
   * True makes the namespace, which then takes only pods of the Pod Security Standard `restricted`. False leaves one that exists
   * as it is.
   * @default true
   */
  readonly createNamespace?: boolean;
  /** @default the variable `KUBE_CONFIG_PATH`, then the first file of `KUBECONFIG`, then `~/.kube/config` */
  readonly kubeconfigFile?: string;
  /** Context of the kubeconfig. @default its current one */
  readonly context?: string;
  /**
   * True if pods have IPv6 addresses, alone or beside IPv4 ones: they then listen at both. nginx does not start on a node whose kernel
   * has no IPv6.
   * @default false
   */
  readonly ipv6?: boolean;
  /** Names of Secrets in the namespace with which images are pulled. @default none */
  readonly imagePullSecrets?: readonly string[];
  /**
   * Connected to the same cluster as the kubeconfig, which `kubectl` goes on to use.
   * @default a provider made from the kubeconfig
   */
  readonly provider?: TerraformProvider;
}

/**
 * A Kubernetes cluster that exists, from 1.29 on. Deploys use `kubectl`, which has to be on the PATH.
 *
 * @example
 * const cluster = new KubernetesCluster(this, 'cluster', { namespace: 'todos', context: 'production' });
 *
 * @throws SecuredPostgrestError `invalid_prop`
 */
export class KubernetesCluster extends Construct {
  readonly namespace: string;
  readonly imagePullSecrets: readonly string[];
  /** True if pods listen at IPv6 addresses, too. */
  readonly ipv6: boolean;
  readonly provider: TerraformProvider;
  /** Options with which `kubectl` reaches the namespace. */
  readonly kubectlOptions: readonly string[];
  /** Dependencies to wait for until the namespace is there. */
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: KubernetesClusterProps) {
    super(scope, id);
    refuseMixedFamilies(this);
    const { namespace, context, createNamespace = true, imagePullSecrets = [], ipv6 = false } = props;
    checkName(`${this.node.path}.namespace`, namespace);
    const kubeconfig = kubeconfigFile(props.kubeconfigFile);
    this.namespace = namespace;
    this.imagePullSecrets = imagePullSecrets;
    this.ipv6 = ipv6;
    this.provider =
      props.provider ??
      new KubernetesProvider(this, 'kubernetes', {
        // A provider without an alias would be the default one of every other `kubernetes_*` resource in the stack.
        alias: TerraformStack.of(this).getLogicalId(this.node),
        config_path: kubeconfig,
        ...(context !== undefined && { config_context: context }),
      });
    this.kubectlOptions = [
      ...['--kubeconfig', kubeconfig],
      ...(context === undefined ? [] : ['--context', context]),
      ...['--namespace', namespace],
    ];
    this.waitFor = createNamespace ? [this.makeNamespace()] : [];
  }

  private makeNamespace(): ITerraformDependable {
    const labels = Object.fromEntries(
      ['enforce', 'warn', 'audit'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']),
    );
    return new KubernetesResource(
      this,
      'namespace',
      'kubernetes_namespace_v1',
      { metadata: { name: this.namespace, labels } },
      { provider: this.provider },
    );
  }
}

/**
 * Rejects what is no name of a namespace, a Service or a container (a DNS label, RFC 1123).
 *
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function checkName(place: string, name: string): void {
  if (/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return;
  const fix = 'use up to 63 lower-case letters, digits and "-", beginning with a letter';
  refuse('invalid_prop', place, `"${name}" is no name for Kubernetes`, fix);
}

/** Terraform's provider and `kubectl` would each read another variable. */
function kubeconfigFile(given: string | undefined): string {
  const { KUBE_CONFIG_PATH, KUBECONFIG } = process.env;
  const first = KUBECONFIG?.split(delimiter).find((path) => path !== '');
  return resolve(given ?? (KUBE_CONFIG_PATH || first || join(homedir(), '.kube/config')));
}
