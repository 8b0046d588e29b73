import { atTheSameTime } from '../deploy/kubernetes/at-the-same-time.ts';
import { type ClusterOptions, kubectl, type KubectlAnswer, kubectlOptions } from '../deploy/kubernetes/kubectl.ts';
import { PERMISSIONS, roleFix } from '../deploy/kubernetes/permissions.ts';
import { type CheckResult, resultsOf } from './check-result.ts';
import { runProgram } from './program.ts';

const { ok, warning, problem } = resultsOf('cluster');

/** Sidecar containers are on by default from here. */
const LEAST_MINOR = 29;

/** Checks that a cluster answers, is new enough, permits this user to deploy, and has metrics. */
export async function checkCluster(cluster: ClusterOptions): Promise<CheckResult[]> {
  const ask = (...args: string[]) =>
    runProgram('kubectl', [...kubectlOptions(cluster), '--request-timeout=10s', ...args]);
  const { status, stdout, complaint } = ask('version', '--output=json');
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
    ...namespaceResults(ask('get', 'namespace', cluster.namespace, '--output=json'), cluster.namespace),
    ...(await permissionResults(cluster)),
    metrics(ask('get', '--raw', '/apis/metrics.k8s.io/v1beta1')),
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

/** Asks for each verb of each permission. That the namespace can be read was checked before. */
async function permissionResults(cluster: ClusterOptions): Promise<CheckResult[]> {
  const needed = PERMISSIONS.filter(({ resource }) => resource !== 'namespaces').flatMap(({ verbs, ...permission }) =>
    verbs.map((verb) => ({ ...permission, verb })),
  );
  const results = await atTheSameTime(needed, async ({ apiGroup, resource, verb }) => {
    const answer = await kubectl(cluster, 'auth', 'can-i', verb, ...resourceArguments(apiGroup, resource));
    if (answer.stdout.trim().startsWith('yes')) return [];
    return [problem(notPermitted(answer, `${verb} ${resource}`), roleFix(apiGroup, resource, verb))];
  });
  return results.flat();
}

function notPermitted({ stdout, stderr }: KubectlAnswer, what: string): string {
  if (stdout.trim().startsWith('no')) return `this user may not ${what}`;
  return `whether this user may ${what} is not known (${stderr.trim() || 'no answer in time'})`;
}

/** `kubectl` would take `pods/log` for the pod with the name "log". */
function resourceArguments(apiGroup: string, resource: string): string[] {
  const [kind = '', subresource] = resource.split('/');
  const full = apiGroup === '' ? kind : `${kind}.${apiGroup}`;
  return subresource === undefined ? [full] : [full, `--subresource=${subresource}`];
}

function metrics({ status }: Answer): CheckResult {
  if (status === 0) return ok('the cluster has metrics, by which pods are added');
  return warning('the cluster has no metrics: the number of pods stays at `replicas.min`', 'install metrics-server');
}
