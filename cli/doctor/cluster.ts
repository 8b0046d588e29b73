import { type ClusterOptions, kubectlOptions } from '../deploy/kubernetes/kubectl.ts';
import { type CheckResult, resultsOf } from './check-result.ts';
import { runProgram } from './program.ts';

const { ok, warning, problem } = resultsOf('cluster');

/** Sidecar containers are on by default from here. */
const LEAST_MINOR = 29;

/** Permissions that a deploy needs in the namespace, as `kubectl auth can-i` checks them. */
const NEEDED: readonly (readonly [verb: string, resource: string])[] = [
  ['create', 'deployments.apps'],
  ['create', 'services'],
  ['create', 'secrets'],
  ['create', 'networkpolicies.networking.k8s.io'],
  ['create', 'poddisruptionbudgets.policy'],
  ['create', 'horizontalpodautoscalers.autoscaling'],
  ['list', 'pods'],
  ['patch', 'pods'],
  ['get', 'pods/log'],
  ['create', 'pods/portforward'],
];

/** Checks that a cluster answers, is new enough, permits this user to deploy, and has metrics. */
export function checkCluster(cluster: ClusterOptions): CheckResult[] {
  const kubectl = (...args: string[]) =>
    runProgram('kubectl', [...kubectlOptions(cluster), '--request-timeout=10s', ...args]);
  const { status, stdout, complaint } = kubectl('version', '--output=json');
  if (status !== 0) {
    const fix =
      status === undefined
        ? 'install kubectl, so that it is on the PATH'
        : 'name the cluster with --kubeconfig and --context, and see that this machine reaches it';
    return [problem(`the cluster does not answer (${complaint})`, fix)];
  }
  const { serverVersion } = JSON.parse(stdout) as { serverVersion: { gitVersion: string; minor: string } };
  return [
    versionResult(serverVersion),
    ...namespaceResults(kubectl('get', 'namespace', cluster.namespace, '--output=json'), cluster.namespace),
    ...NEEDED.flatMap(([verb, resource]) =>
      permission(kubectl('auth', 'can-i', verb, ...resourceArguments(resource)), verb, resource),
    ),
    metrics(kubectl('get', '--raw', '/apis/metrics.k8s.io/v1beta1')),
  ];
}

function versionResult({ gitVersion, minor }: { readonly gitVersion: string; readonly minor: string }): CheckResult {
  const text = `Kubernetes ${gitVersion}`;
  if (Number.parseInt(minor, 10) >= LEAST_MINOR) return ok(text);
  return problem(`${text} does not know sidecar containers`, `use 1.${LEAST_MINOR} or later`);
}

type Answer = ReturnType<typeof runProgram>;

function namespaceResults({ status, stdout, complaint }: Answer, name: string): CheckResult[] {
  if (status !== 0) {
    return /NotFound/.test(complaint)
      ? []
      : [warning(`the namespace ${name} cannot be read (${complaint})`, 'let this user get it')];
  }
  const { metadata } = JSON.parse(stdout) as { metadata: { labels?: Readonly<Record<string, string>> } };
  if (metadata.labels?.['pod-security.kubernetes.io/enforce'] === 'restricted') return [];
  return [
    warning(
      `the namespace ${name} takes pods that are not restricted`,
      `run: kubectl label namespace ${name} pod-security.kubernetes.io/enforce=restricted`,
    ),
  ];
}

/** `kubectl` would take `pods/log` for the pod with the name "log". */
function resourceArguments(resource: string): string[] {
  const [kind = '', subresource] = resource.split('/');
  return subresource === undefined ? [kind] : [kind, `--subresource=${subresource}`];
}

function permission({ stdout }: Answer, verb: string, resource: string): CheckResult[] {
  if (stdout.trim().startsWith('yes')) return [];
  return [problem(`this user may not ${verb} ${resource}`, 'have a role with it bound to the user in the namespace')];
}

function metrics({ status }: Answer): CheckResult {
  if (status === 0) return ok('the cluster has metrics, by which pods are added');
  return warning('the cluster has no metrics: the number of pods stays at `replicas.min`', 'install metrics-server');
}
