import { join } from 'node:path';
import type { Command } from 'commander';
import { NGINX_IMAGE } from '../gateway/index.ts';
import { API_PORT, hasGateway } from '../stacks/environment-gateway.ts';
import { environmentCount, environmentPort } from '../stacks/environment-numbers.ts';
import { POSTGRES_IMAGE, postgrestImage } from '../compile/images.ts';
import { SecuredPostgrestError } from '../errors/secured-postgrest-error.ts';
import type { DatabaseConnection } from '../postgres/connect.ts';
import type { Declaration } from '../declaration/types.ts';
import { addConnectionOptions } from './connection.ts';
import type { ClusterOptions } from './deploy/kubernetes/kubectl.ts';
import { checkEngineClock } from './doctor/clocks.ts';
import { checkCluster } from './doctor/cluster.ts';
import { checkDatabase } from './doctor/database.ts';
import { checkEngine } from './doctor/engine.ts';
import { type CheckResult, resultLine, resultsOf } from './doctor/check-result.ts';
import { checkImages, type WantedImage } from './doctor/images.ts';
import { checkDisk, checkNode, checkPackages } from './doctor/machine.ts';
import { checkPorts, type WantedPort } from './doctor/ports.ts';
import { checkSecrets } from './doctor/secrets.ts';
import { checkRunning } from './doctor/running.ts';
import { checkState } from './doctor/state.ts';
import { checkTerraform } from './doctor/terraform.ts';
import { checkTable } from './doctor/versions.ts';
import { loadDeclaration } from './load-declaration.ts';
import { givenConnection } from './named-connection.ts';
import { namedSources } from './named-sources.ts';
import { runProgram } from './doctor/program.ts';
import { isNamed } from '../constructs/docker/is-named.ts';

interface DoctorOptions extends Partial<ClusterOptions> {
  readonly secrets?: string;
  readonly json?: true;
}

interface Examined extends DoctorOptions {
  readonly declaration: Declaration | undefined;
  /** An existing database. @default a container's */
  readonly connection: DatabaseConnection | undefined;
}

export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description(
      'say before a deploy what is missing or does not fit, without changing it; exit status 1 for a problem',
    )
    .argument('[declaration]', 'module or JSON file with the declaration')
    .argument('[database]', 'an existing database: postgresql://user@host:5432/name (default: a container)')
    .option('--secrets <dir>', 'the secrets directory (default: SECRETS_DIRECTORY, or .secrets/<name>)')
    .option('--json', 'print JSON')
    .option(
      '--namespace <name>',
      'namespace of a Kubernetes cluster (default: servers are containers of a Docker engine)',
    )
    .option('--kubeconfig <file>', 'file that says how the cluster is reached (default: as kubectl does)')
    .option('--context <name>', 'context of that file (default: its current one)')
    .action(async (one: string | undefined, other: string | undefined, options: DoctorOptions) => {
      const { file, uri } = namedSources([one, other], { place: 'doctor' });
      const connection = givenConnection(command, uri);
      const { declaration, problems } = await loadOrTell(file);
      const results = [...problems, ...(await examine({ ...options, declaration, connection }))];
      if (options.json) console.log(JSON.stringify(results, undefined, 2));
      else for (const result of results) console.log(resultLine(result));
      if (results.some(({ level }) => level === 'problem')) process.exitCode = 1;
    });
  addConnectionOptions(command);
}

/** Loads the declaration, or tells what is wrong with it: the other checks are made all the same. */
async function loadOrTell(
  file: string | undefined,
): Promise<{ readonly declaration: Declaration | undefined; readonly problems: readonly CheckResult[] }> {
  try {
    return { declaration: file === undefined ? undefined : await loadDeclaration(file), problems: [] };
  } catch (error) {
    if (!(error instanceof SecuredPostgrestError)) throw error;
    const problem = resultsOf('declaration').problem(`${error.place}: ${error.problem}`, error.fix);
    return { declaration: undefined, problems: [problem] };
  }
}

async function examine(examined: Examined): Promise<CheckResult[]> {
  const { namespace, declaration, connection } = examined;
  if (namespace !== undefined) return examineForCluster({ ...examined, namespace });
  const deployPorts = readDeployPorts();
  const engine = checkEngine();
  const { address } = engine;
  return [
    checkNode(),
    ...checkPackages(),
    ...checkTerraform(),
    ...engine.results,
    ...checkEngineClock(address),
    ...checkDisk(address),
    ...checkState(),
    ...checkTable(),
    ...(connection ? await checkDatabase(connection, declaration) : []),
    ...(declaration ? await checkDeclaration({ ...examined, declaration }, address, deployPorts) : []),
  ];
}

/** The same for servers in a cluster, whose database is one that exists. */
async function examineForCluster(examined: Examined & ClusterOptions): Promise<CheckResult[]> {
  const { declaration, connection } = examined;
  return [
    checkNode(),
    ...checkPackages(),
    ...checkTerraform(),
    ...(await checkCluster(examined)),
    ...checkState(),
    ...checkTable(),
    ...(connection ? await checkDatabase(connection, declaration) : []),
    ...(declaration ? await checkSecrets(undefined, declaration.name, secretsDirectory(declaration, examined)) : []),
  ];
}

function secretsDirectory({ name }: Declaration, { secrets }: DoctorOptions): string {
  return secrets ?? (process.env['SECRETS_DIRECTORY'] || join('.secrets', name));
}

interface DeployPorts {
  readonly databasePort: number;
  readonly apiPort: number;
  readonly servers: number;
  /** Undefined without a gateway. */
  readonly statusPort: number | undefined;
}

/** Reads from the environment which ports a deploy publishes. */
function readDeployPorts(): DeployPorts {
  return {
    databasePort: environmentPort('DATABASE_PORT') ?? 5432,
    apiPort: environmentPort('API_PORT') ?? API_PORT,
    servers: environmentCount('API_SERVERS') ?? 1,
    statusPort: hasGateway() ? (environmentPort('GATEWAY_STATUS_PORT') ?? 8081) : undefined,
  };
}

async function checkDeclaration(
  { declaration, connection, ...options }: Examined & { readonly declaration: Declaration },
  engine: readonly string[] | undefined,
  { apiPort, databasePort, servers, statusPort }: DeployPorts,
): Promise<CheckResult[]> {
  const { name, server, acceptedAdvisories } = declaration;
  const { POSTGRES_IMAGE: postgres, POSTGREST_IMAGE: postgrest, GATEWAY_IMAGE: nginx } = process.env;
  const hasContainer = connection === undefined;
  const images: WantedImage[] = [
    { product: 'PostgREST', image: postgrest || postgrestImage(declaration), variable: 'POSTGREST_IMAGE' },
  ];
  const serverNames = Array.from({ length: servers }, (_, n) => `${name}-api-${n + 1}`);
  const ports: WantedPort[] = [];
  if (statusPort === undefined) {
    const { bindAddress: host } = server;
    serverNames.forEach((container, n) => ports.push({ host, port: apiPort + n, container, variable: 'API_PORT' }));
  } else {
    const container = `${name}-gateway`;
    images.push({ image: nginx || NGINX_IMAGE, variable: 'GATEWAY_IMAGE' });
    ports.push({ host: server.bindAddress, port: apiPort, container, variable: 'API_PORT' });
    ports.push({ host: '127.0.0.1', port: statusPort, container, variable: 'GATEWAY_STATUS_PORT' });
  }
  if (hasContainer) {
    images.unshift({ product: 'PostgreSQL', image: postgres || POSTGRES_IMAGE, variable: 'POSTGRES_IMAGE' });
    ports.unshift({ host: '127.0.0.1', port: databasePort, container: `${name}-postgres`, variable: 'DATABASE_PORT' });
  }
  const running = [
    ...(hasContainer ? [{ product: 'PostgreSQL' as const, container: `${name}-postgres` }] : []),
    ...runningContainers(engine)
      .filter((container) => serverNames.some((server) => isNamed(server, container)))
      .map((container) => ({ product: 'PostgREST' as const, container })),
  ];
  return [
    ...checkImages(engine, images, acceptedAdvisories),
    ...checkRunning(engine, running, acceptedAdvisories),
    ...(await checkPorts(engine, ports)),
    ...(await checkSecrets(engine, name, secretsDirectory(declaration, options))),
  ];
}

/** Names of the containers that run: a server has several while it is replaced. */
function runningContainers(engine: readonly string[] | undefined): string[] {
  if (!engine) return [];
  return runProgram('docker', [...engine, 'ps', '--format', '{{.Names}}']).stdout.split('\n');
}
