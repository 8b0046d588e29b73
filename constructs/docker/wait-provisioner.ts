import { type LocalExecProvisioner, Token } from '../synth/cdk/core.ts';
import { type Container, DockerProvider } from '../synth/cdk/docker.ts';
import { cliProvisioner } from '../synth/cli-command.ts';
import type { ISecretFile } from '../secrets/secret-file.ts';

export interface WaitOptions {
  /** Files and directories with the secrets that the container's log is shown without. */
  readonly hide: readonly ISecretFile[];
  /** Address that has to answer. @default the container has only to be healthy */
  readonly url?: string;
  /** Id of the key that a token service has to sign with; `url` is then the address of its key set. @default any */
  readonly signingKey?: string;
  /** @default 60 */
  readonly timeoutSeconds?: number;
}

/**
 * A provisioner that waits until a container answers and is healthy. Where it does not become so, the deploy fails with the end
 * of the container's log. Terraform's provider could wait for the health too, but goes on doing so for a container that
 * has ended, and does not show its log.
 */
export function waitProvisioner(container: Container, options: WaitOptions): LocalExecProvisioner {
  const { hide, url, signingKey, timeoutSeconds = 60 } = options;
  return cliProvisioner(
    'wait',
    ...(url === undefined ? [] : ['--url', url]),
    ...(signingKey === undefined ? [] : ['--signing-key', signingKey]),
    ...['--timeout', String(timeoutSeconds), '--container', containerName(container)],
    ...hide.flatMap((file) => ['--hide', file.relativeTo(container)]),
    ...engineOptions(container.provider),
  );
}

/** The name of a container on the engine; of a unique one, a reference to what it is when Terraform applies. */
export function containerName(container: Container): string {
  const name = container.nameInput!;
  return Token.isUnresolved(name) ? container.name : name;
}

/** Options for what the provider configures; the command reads the environment itself. */
export function engineOptions(provider: unknown): string[] {
  if (!(provider instanceof DockerProvider)) return [];
  const { context, host, certPath } = provider;
  return Object.entries({
    '--docker-context': context,
    '--docker-host': host,
    '--docker-certificates': certPath,
  }).flatMap(([option, value]) => (value ? [option, value] : []));
}
