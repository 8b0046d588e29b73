import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { terrainModules, terrainObstacle } from '../../scripts/cdk-terrain.mjs';
import { docker, engineObjects, freePort, type Run, runProgram } from '../support/deployment.ts';
import { postgresImage, postgrestImage } from '../support/images.ts';
import { needs } from '../support/needs.ts';
import { pack, Project, versions } from '../support/project.ts';

const name = 'terrain';
const terraform = process.env['TERRAFORM_BINARY_NAME'] ?? 'terraform';

/** What a user writes for the one family or the other. */
const main = (family: string) => `
import { DockerProvider } from '@${family}/provider-docker/lib/provider/index.js';
import { App, type ITerraformDependable, TerraformOutput, TerraformStack } from '${family}';
import { declare, PostgresDatabase, SecuredPostgrest, type SecuredPostgrestProps } from 'cdktf-secured-postgrest';

const { POSTGRES_IMAGE: image, POSTGREST_IMAGE, DATABASE_PORT = '5432', API_PORT = '3000' } = process.env;
const declaration = declare({ name: '${name}', schemas: ['api'], roles: { anonymous: 'terrain_anon', users: ['terrain_user'] } });
const app = new App();
const stack = new TerraformStack(app, 'platform');
const dockerProvider = new DockerProvider(stack, 'docker');
const database = new PostgresDatabase(stack, 'database', {
  name: declaration.name, dockerProvider, port: Number(DATABASE_PORT), ...(image && { image }),
});
const api = new SecuredPostgrest(stack, 'api', {
  declaration, database, dockerProvider, port: Number(API_PORT), ...(POSTGREST_IMAGE && { image: POSTGREST_IMAGE }),
});
new TerraformOutput(stack, 'url', { value: api.url });
export const waits: ITerraformDependable[] = [...api.waitFor];
// @ts-expect-error -- no provider; accepted if the package's types were any
export const wrong: SecuredPostgrestProps['dockerProvider'] = 5;
for (const [provider, version] of Object.entries(JSON.parse(process.env['PROVIDERS'] ?? '{}') as Record<string, string>)) {
  stack.addOverride('terraform.required_providers.' + provider + '.version', version);
}
app.synth();
`;

/** Checks the package's own declarations as well. */
const strict = { target: 'ES2022', module: 'NodeNext', strict: true, skipLibCheck: false, types: ['node'] };

const terrain = new Project();
const projects = [terrain];
let tarball: string;

beforeAll(async () => {
  tarball = await pack(terrain.directory);
});

afterAll(async () => {
  if (existsSync(join(terrain.directory, 'terraform.platform.tfstate'))) await run('destroy', '-auto-approve');
  for (const kind of ['container', 'volume', 'network'] as const) {
    const left = engineObjects(kind, name);
    if (left.length > 0) docker(kind, 'rm', ...(kind === 'network' ? [] : ['--force']), ...left);
  }
  for (const project of projects) project.remove();
});

/** CDK Terrain's packages, under their own names or others. */
const packages = (core: string, scope: string) => ({
  [core]: `file:${terrainModules}/cdktn`,
  constructs: `file:${terrainModules}/constructs`,
  [`${scope}/provider-docker`]: `file:${terrainModules}/@cdktn/provider-docker`,
  [`${scope}/provider-postgresql`]: `file:${terrainModules}/@cdktn/provider-postgresql`,
});

/** The stack of a project that has just these packages, compiled strictly, without what differs by version. */
async function synthesize(project: Project, family: string, dependencies: Record<string, string>): Promise<unknown> {
  const ours = { 'cdktf-secured-postgrest': `file:${tarball}`, ...versions('typescript', '@types/node') };
  // Packages of folders are copied, as from a registry: a link would find its peers beside the original.
  await project.install({ type: 'module', dependencies: { ...ours, ...dependencies } }, '--install-links');
  project.write('main.ts', main(family));
  project.write('tsconfig.json', { compilerOptions: strict, files: ['main.ts'] });
  await project.must('npx', ['tsc']);
  await project.must('node', ['main.js']);
  const text = readFileSync(join(project.directory, 'cdktf.out/stacks/platform/cdk.tf.json'), 'utf8');
  return JSON.parse(
    text
      .replaceAll(project.directory, '')
      .replace(/"(version|value|revision|keys|login|source_hash|password_wo_version)": "[^"]*"/g, '"$1": ""')
      .replace(/--revision \S+/g, ''),
  );
}

function project(): Project {
  projects.push(new Project());
  return projects.at(-1)!;
}

it('makes the same stack of CDK Terrain, of CDKTF, and of CDK Terrain under the names of CDKTF', async (context) => {
  needs(context, terrainObstacle());
  const expected = await synthesize(terrain, 'cdktn', packages('cdktn', '@cdktn'));
  expect(existsSync(join(terrain.directory, 'node_modules/cdktf'))).toBe(false);
  const cdktf = versions('cdktf', 'constructs', '@cdktf/provider-docker', '@cdktf/provider-postgresql');
  expect(await synthesize(project(), 'cdktf', cdktf)).toEqual(expected);
  expect(await synthesize(project(), 'cdktf', packages('cdktf', '@cdktf'))).toEqual(expected);
});

/** A command of Terraform in the stack. */
function run(command: string, ...flags: string[]): Promise<Run> {
  const cwd = join(terrain.directory, 'cdktf.out/stacks/platform');
  const env = { ...process.env, TF_CLI_CONFIG_FILE: undefined, CHECKPOINT_DISABLE: '1' };
  return runProgram(terraform, [command, '-no-color', '-input=false', ...flags], { cwd, env });
}

async function must(command: string, ...flags: string[]): Promise<string> {
  const { status, output } = await run(command, ...flags);
  if (status !== 0) throw new Error(`${terraform} ${command} failed:\n${output}`);
  return output;
}

it("goes on with a deployment of CDKTF's provider versions, changes nothing, and removes everything", async (context) => {
  needs(context, terrainObstacle());
  const port = await freePort();
  const places = { DATABASE_PORT: String(await freePort()), API_PORT: String(port) };
  const synthesizeWith = async (docker: string) => {
    await terrain.must('node', ['main.js'], {
      PROVIDERS: JSON.stringify({ docker, postgresql: '~> 1.14' }),
      POSTGRES_IMAGE: postgresImage,
      POSTGREST_IMAGE: postgrestImage,
      ...places,
    });
    const init = await run('init', '-upgrade');
    const isMissing = init.output.includes('Failed to query available provider packages');
    needs(context, isMissing ? `'${terraform} init' does not find the providers:\n${init.output}` : undefined);
    expect(init.status, init.output).toBe(0);
  };
  // What CDKTF's bindings pin.
  await synthesizeWith('3.6.2');
  await must('apply', '-auto-approve');
  const containers = () => engineObjects('container', name).map((one) => docker('inspect', '--format', '{{.Id}}', one));
  const before = containers();
  // What CDK Terrain's bindings allow, of which the machine may have another one than they were made from.
  await synthesizeWith('~> 4.0');
  await must('apply', '-auto-approve');
  expect(containers()).toEqual(before);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  expect(await must('plan')).toContain('No changes.');
  await must('destroy', '-auto-approve');
  for (const kind of ['container', 'volume', 'network'] as const) expect(engineObjects(kind, name)).toEqual([]);
});
