import { refuse } from '../../../errors/secured-postgrest-error.ts';

/** A rule of a Role: verbs that a deploy needs for a resource of the namespace. */
export interface Permission {
  /** Empty for Kubernetes' core. */
  readonly apiGroup: string;
  /** Perhaps with a subresource, such as `pods/log`. */
  readonly resource: string;
  readonly verbs: readonly string[];
}

const MANAGED = ['get', 'create', 'patch', 'delete'];

/** Permissions of a deploy to a namespace that exists: the Role of docs/kubernetes.md, which `doctor` checks. */
export const PERMISSIONS: readonly Permission[] = [
  { apiGroup: 'apps', resource: 'deployments', verbs: MANAGED },
  { apiGroup: '', resource: 'services', verbs: MANAGED },
  { apiGroup: '', resource: 'secrets', verbs: MANAGED },
  { apiGroup: 'networking.k8s.io', resource: 'networkpolicies', verbs: MANAGED },
  { apiGroup: 'policy', resource: 'poddisruptionbudgets', verbs: MANAGED },
  { apiGroup: 'autoscaling', resource: 'horizontalpodautoscalers', verbs: MANAGED },
  { apiGroup: '', resource: 'pods', verbs: ['get', 'list', 'patch'] },
  { apiGroup: '', resource: 'pods/log', verbs: ['get'] },
  { apiGroup: '', resource: 'pods/portforward', verbs: ['create'] },
  { apiGroup: '', resource: 'namespaces', verbs: ['get'] },
];

/** The remedy for a missing verb: the rule that permits it, as one line of YAML. */
export function roleFix(apiGroup: string, resource: string, verb: string): string {
  return `add to this user's Role: - { apiGroups: ['${apiGroup}'], resources: [${resource}], verbs: [${verb}] }`;
}

/**
 * Rejects a complaint of `kubectl` that this user lacks a permission; any other complaint passes.
 *
 * @throws SecuredPostgrestError `cluster_failed`, with the missing verb and the rule that permits it
 */
export function refuseForbidden(command: string, complaint: string): void {
  const denied = /cannot (\S+) resource "([^"]+)" in API group "([^"]*)"/.exec(complaint);
  if (!denied) return;
  const [, verb = '', resource = '', apiGroup = ''] = denied;
  refuse('cluster_failed', command, `this user may not ${verb} ${resource}`, roleFix(apiGroup, resource, verb));
}
