import type { Construct } from 'constructs';
import type { Server } from '../../compile/server/server.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { fingerprint } from '../fingerprint.ts';
import type { ISecretFile } from '../secrets/secret-file.ts';
import { Fn, type ITerraformDependable } from '../synth/cdk/core.ts';
import { type KubernetesAttributes, KubernetesResource } from '../synth/cdk/kubernetes.ts';
import type { KubernetesCluster } from './kubernetes-cluster.ts';

/** Content of a server's file: a secret, or a text that is none and may be a reference. */
export type PodFileContent = { readonly fingerprint: string } & (
  { readonly secret: ISecretFile } | { readonly text: string; readonly bytes: number }
);

/** A server of a pod, with the content of its files by the files' ids. */
export interface ServerOfPod {
  readonly server: Server;
  readonly image: string;
  readonly contents: Readonly<Record<string, PodFileContent>>;
}

export interface PodFiles {
  /** Annotations of the pod: texts that are no secret, and fingerprints of those secrets that a server reads at its start. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The annotations with a fingerprint for each text. */
  readonly fingerprints: Readonly<Record<string, string>>;
  readonly volumes: readonly KubernetesAttributes[];
  /** Changes with the secrets that a running server reads. */
  readonly runningFingerprint: string;
  readonly waitFor: readonly ITerraformDependable[];
}

/** Size of all annotations that Kubernetes accepts for a pod, less a part for others. */
const ANNOTATION_BYTES = 200 * 1024;

/** Name of the volume with one file of a server. */
export function volumeName({ name }: Server, fileId: string): string {
  return `${name}-${fileId}`;
}

/**
 * The files of a pod's servers: secrets in a Secret for each server, whose content never gets into the state; texts that are no secret
 * in annotations of the pod, so that each generation of pods keeps its own.
 */
export function podFiles(
  scope: Construct,
  servers: readonly ServerOfPod[],
  {
    cluster,
    name,
    labels,
  }: {
    readonly cluster: KubernetesCluster;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
  },
): PodFiles {
  const annotations: Record<string, string> = {};
  const fingerprints: Record<string, string> = {};
  const volumes: KubernetesAttributes[] = [];
  const running: string[] = [];
  const waitFor: ITerraformDependable[] = [];
  let bytes = 0;
  for (const { server, contents } of servers) {
    const secrets = new Map<string, PodFileContent & { readonly secret: ISecretFile }>();
    const secretName = `${name}-${server.name}`;
    for (const { id, fileName, read } of server.files) {
      const content = contents[id]!;
      const annotation = `secured-postgrest/${volumeName(server, id)}`;
      if ('secret' in content) {
        secrets.set(id, content);
        if (read === 'running') running.push(content.fingerprint);
        else annotations[annotation] = fingerprints[annotation] = content.fingerprint;
        volumes.push({
          name: volumeName(server, id),
          secret: { secret_name: secretName, default_mode: '0440', items: [{ key: id, path: fileName }] },
        });
      } else {
        annotations[annotation] = content.text;
        fingerprints[annotation] = content.fingerprint;
        bytes += content.bytes;
        volumes.push({
          name: volumeName(server, id),
          downward_api: {
            default_mode: '0444',
            items: [{ path: fileName, field_ref: { field_path: `metadata.annotations['${annotation}']` } }],
          },
        });
      }
    }
    if (secrets.size === 0) continue;
    const data = [...secrets].map(([id, { secret }]) => [id, Fn.file(secret.relativeTo(scope))]);
    waitFor.push(
      new KubernetesResource(
        scope,
        `${server.name}-files`,
        'kubernetes_secret_v1',
        {
          metadata: { name: secretName, namespace: cluster.namespace, labels },
          // Written and never read back: it is neither in the state nor in the plan.
          data_wo: Object.fromEntries(data),
          data_wo_revision: revision([...secrets.values()].map((content) => content.fingerprint)),
        },
        { provider: cluster.provider, dependsOn: [...cluster.waitFor] },
      ),
    );
  }
  if (bytes > ANNOTATION_BYTES) {
    const problem = `files that are no secret have ${Math.ceil(bytes / 1024)} KB, and Kubernetes takes ${ANNOTATION_BYTES / 1024}`;
    refuse('invalid_prop', scope.node.path, problem, 'declare less in one API');
  }
  return { annotations, fingerprints, volumes, runningFingerprint: fingerprint(...running), waitFor };
}

/** The provider sends a secret again when this number is another one; it takes none below 1. */
function revision(fingerprints: readonly string[]): number {
  return Number.parseInt(fingerprint(...fingerprints).slice(0, 8), 16) || 1;
}
