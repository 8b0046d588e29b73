import { engineAddress } from '../../constructs/docker/engine-address.ts';
import { type CheckResult, resultsOf } from './check-result.ts';
import { runProgram } from './program.ts';

const { ok, warning, problem } = resultsOf('engine');

/** Options of the `docker` command that reach the engine of the provider, where it answers. */
export interface CheckedEngine {
  readonly address?: readonly string[];
  readonly results: readonly CheckResult[];
}

/** Terraform's provider refuses a host without one. */
const SCHEME = /^(unix|npipe|tcp|http|https|ssh|fd):\/\/./;

export function checkEngine(): CheckedEngine {
  const address = engineAddress();
  const [kind, name = ''] = address;
  if (kind === '--host' && !SCHEME.test(name)) {
    const fix = 'write it like unix:///var/run/docker.sock or tcp://engine.example.org:2376, or unset it';
    return { results: [problem(`DOCKER_HOST is "${name}", which is no address of an engine`, fix)] };
  }
  const { status, stdout, complaint } = runProgram('docker', [
    ...address,
    'version',
    '--format',
    '{{.Server.Version}}',
  ]);
  const contexts = checkContext(address);
  if (status === 0) return { address, results: [versionResult(stdout, address), ...contexts] };
  const fix =
    status === undefined
      ? 'install Docker, so that `docker` is on the PATH'
      : /permission denied/i.test(complaint)
        ? 'let this user use the engine, such as in the group docker, or run as root'
        : 'start the engine, or name it in DOCKER_HOST';
  return {
    results: [
      problem(`no Docker engine answers at ${kind === '--context' ? `the context ${name}` : name} (${complaint})`, fix),
      ...contexts,
    ],
  };
}

function versionResult(version: string, address: readonly string[]): CheckResult {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const text = `Docker engine ${version} at ${address.at(-1)}`;
  return major > 20 || (major === 20 && minor >= 10) ? ok(text) : warning(`${text} is old`, 'use 20.10 or later');
}

/** The command line has a current context; Terraform's provider knows of none. */
function checkContext(address: readonly string[]): CheckResult[] {
  const { status, stdout } = runProgram('docker', [
    'context',
    'inspect',
    '--format',
    '{{.Name}} {{.Endpoints.docker.Host}}',
  ]);
  // The name of a context holds no space; the path of a socket may.
  const [, name, host] = /^(\S+) (.+)$/.exec(stdout) ?? [];
  if (status !== 0 || host === undefined || address[0] !== '--host' || host === address[1]) return [];
  return [
    warning(
      `the docker command and test environments use the context "${name}" at ${host}, and deploys use ${address[1]}`,
      `for one engine, run: export DOCKER_HOST=${host}`,
    ),
  ];
}
