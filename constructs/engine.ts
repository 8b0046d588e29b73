import { spawnSync } from 'node:child_process';
import type { Container } from '@cdktf/provider-docker/lib/container/index.js';
import type { Network } from '@cdktf/provider-docker/lib/network/index.js';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider/index.js';
import { Token } from 'cdktf';
import { DEPLOYMENT_LABEL } from './hardened-container.ts';

type Kind = 'container' | 'network';

/** What the Docker engines of an app have, each asked once. One that does not answer has nothing. */
export class Engine {
  private readonly known = new Map<string, ReadonlyMap<string, string>>();

  /** Id of the object with the name that the resource asks for, where the same deployment has made it. */
  find(kind: Kind, resource: Container | Network): string | undefined {
    const { provider, labelsInput } = resource;
    const address = provider instanceof DockerProvider ? addressOf(provider) : undefined;
    if (!address || Token.isUnresolved(address) || !Array.isArray(labelsInput)) return undefined;
    const deployment = labelsInput.find(({ label }) => label === DEPLOYMENT_LABEL)?.value;
    return deployment === undefined ? undefined : this.list(kind, address).get(`${deployment} ${resource.nameInput}`);
  }

  /** Ids by deployment and name. */
  private list(kind: Kind, address: readonly string[]): ReadonlyMap<string, string> {
    const key = [kind, ...address].join(' ');
    const found = this.known.get(key) ?? list(kind, address);
    this.known.set(key, found);
    return found;
  }
}

function list(kind: Kind, address: readonly string[]): ReadonlyMap<string, string> {
  const name = kind === 'container' ? '{{.Names}}' : '{{.Name}}';
  const { status, stdout } = spawnSync(
    'docker',
    [
      ...address,
      kind,
      'ls',
      ...(kind === 'container' ? ['--all'] : []),
      '--no-trunc',
      `--filter=label=${DEPLOYMENT_LABEL}`,
      `--format={{.ID}} {{.Label "${DEPLOYMENT_LABEL}"}} ${name}`,
    ],
    { encoding: 'utf8', timeout: 10_000 },
  );
  if (status !== 0) return new Map();
  // Nothing but an id gets into Terraform's configuration, where other texts might be evaluated.
  const found = [...stdout.matchAll(/^([0-9a-f]{64}) (.+)$/gm)];
  return new Map(found.map(([, id, object]) => [object!, id!]));
}

/** The engine that the provider uses. Unlike the command line it does not know of a current context. */
function addressOf(provider: DockerProvider): string[] {
  const context = provider.context ?? process.env['DOCKER_CONTEXT'];
  if (context) return ['--context', context];
  const host = provider.host ?? process.env['DOCKER_HOST'];
  if (host) return ['--host', host];
  return process.platform === 'win32' ? [] : ['--host', 'unix:///var/run/docker.sock'];
}
