import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deployObstacle } from './deploy-obstacle.ts';
import { root, runProgram } from '../test/support/deployment.ts';
import { withClient } from '../postgres/with-client.ts';
import { inOneTransaction, statementsFor } from './bare-sql.ts';
import { BenchDeployment } from './bench-deployment.ts';
import { grantResources } from './grant-resources.ts';
import { timed } from './measure.ts';
import { type Figures, type Outcome, type Target } from './report.ts';
import { summarize } from './statistics.ts';
import { declareTables } from './tables.ts';

const COUNTS = [10, 100, 1000] as const;
/** Grants take so long that more tables would keep everybody waiting. */
const PEER_COUNTS: readonly number[] = [10, 100];
const GROWTH_LIMIT = 1.5;

/** A whole deploy by the number of tables, against the SQL alone and against a Terraform resource for each grant. */
export async function benchDeploy(figures: Figures): Promise<Outcome> {
  const reason = await deployObstacle();
  if (reason !== undefined) return { targets: [], skipped: reason };
  for (const count of COUNTS) await benchCount(figures, count);
  return { targets: targetsOf(figures) };
}

function targetsOf(figures: Figures): Target[] {
  const [fewest, , most] = COUNTS;
  const of = (name: string, count: number) => figures.of(`${count} tables: ${name}`).median;
  return [
    {
      name: `Terraform resources of ${most} tables as of ${fewest}`,
      value: of('Terraform resources', most),
      limit: of('Terraform resources', fewest),
      unit: 'resources',
    },
    {
      name: `whole deploy of ${most} tables, ${GROWTH_LIMIT} times that of ${fewest} and the SQL itself`,
      value: of('whole deploy', most),
      limit: GROWTH_LIMIT * of('whole deploy', fewest) + of('SQL alone', most),
      unit: 'ms',
    },
  ];
}

async function benchCount(figures: Figures, count: number): Promise<void> {
  const place = `${count} tables`;
  const against = (name: string) => (count === COUNTS[0] ? {} : { against: `${COUNTS[0]} tables: ${name}` });
  const deployment = await BenchDeployment.create(count);
  try {
    const once = async (name: string, work: () => Promise<unknown>, options: { against?: string } = {}) =>
      figures.add(`${place}: ${name}`, summarize([await timed(work)]), options);
    await once('whole deploy', () => deployment.deploy(), against('whole deploy'));
    figures.add(`${place}: Terraform resources`, summarize([deployment.resources()]), { unit: 'resources' });
    await once('deploy with nothing to do', () => deployment.deploy(), against('deploy with nothing to do'));

    // On the same server, whose roles are there.
    const declaration = declareTables('bench', count);
    const scratch = deployment.connection('bench_scratch');
    await createDatabases(deployment, ['bench_scratch', 'bench_bare', 'bench_cli']);
    const statements = await statementsFor(scratch, declaration);
    await once('SQL alone', () => inOneTransaction(deployment.connection('bench_bare'), statements));
    if (!PEER_COUNTS.includes(count)) return;

    await once('this package: apply, as a process', () => applyAsProcess(deployment, declaration));
    const peer = writePeer(deployment, count);
    await deployment.terraform(peer, 'init', '-input=false');
    const apply = () => deployment.terraform(peer, 'apply', '-auto-approve', '-input=false');
    const ours = { against: `${place}: this package: apply, as a process` };
    await once(`peer: a resource for each grant, no policies`, apply, ours);
    await once(`peer: the same with nothing to do`, apply, ours);
  } finally {
    deployment.remove();
  }
}

async function createDatabases(deployment: BenchDeployment, names: readonly string[]): Promise<void> {
  await withClient(deployment.connection('postgres'), async (client) => {
    for (const name of names) await client.query(`CREATE DATABASE ${name}`);
  });
}

/** Runs the command that a deploy runs. */
async function applyAsProcess(deployment: BenchDeployment, declaration: object): Promise<void> {
  const file = join(deployment.directory, 'declaration.json');
  writeFileSync(file, JSON.stringify(declaration));
  const { host, port, database, user, sslmode, sslRootCertificate } = deployment.connection('bench_cli');
  const connection = ['--host', host, '--port', String(port), '--database', database, '--user', user];
  const password = ['--password-file', deployment.passwordFile];
  const tls = ['--sslmode', sslmode, '--ssl-root-certificate', sslRootCertificate];
  const args = [
    '--import',
    'tsx',
    join(root, 'cli/main.ts'),
    'apply',
    '--declaration',
    file,
    ...connection,
    ...password,
    ...tls,
  ];
  const { status, output } = await runProgram(process.execPath, args, { cwd: root, env: process.env });
  if (status !== 0) throw new Error(`apply failed:\n${output}`);
}

/** The tables are those that the comparison with bare SQL has made; the grants on them are the same. */
function writePeer(deployment: BenchDeployment, count: number): string {
  const directory = join(deployment.directory, 'peer');
  mkdirSync(directory);
  const { cdktf } = JSON.parse(
    readFileSync(join(root, 'node_modules/@cdktf/provider-postgresql/package.json'), 'utf8'),
  ) as { cdktf: { provider: { version: string } } };
  const { port, database, sslRootCertificate } = deployment.connection('bench_scratch');
  const resources = grantResources(count, {
    port,
    database,
    passwordFile: deployment.passwordFile,
    sslRootCertificate,
    version: cdktf.provider.version,
  });
  writeFileSync(join(directory, 'main.tf.json'), JSON.stringify(resources));
  return directory;
}
