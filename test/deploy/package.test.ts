import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, engineObjects, freePort, root } from '../support/deployment.ts';
import { postgresImage, postgrestImage } from '../support/images.ts';
import { shellLines } from '../support/docs/markdown.ts';
import { pack, packLater, Project, versions } from '../support/project.ts';

/** What a user writes; in CommonJS the migrations' place and the end differ. */
const main = (migrations: string) => `
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import { declare, migrationsFrom, observe, ownRows, PostgresDatabase, SecuredPostgrest } from 'cdktf-secured-postgrest';

const declaration = declare({
  name: 'stranger',
  schemas: ['messages_api'],
  roles: { users: ['stranger_user'] },
  migrations: migrationsFrom(${migrations}),
  tables: [
    {
      name: 'messages',
      grants: [{ to: 'stranger_user', select: true, insert: ['author', 'body'] }],
      policies: [ownRows({ to: 'stranger_user', column: 'author', claim: 'sub', type: 'text' })],
    },
  ],
});

const { POSTGRES_IMAGE, POSTGREST_IMAGE, DATABASE_PORT, API_PORT } = process.env;
const app = new App();
const stack = new TerraformStack(app, 'messages');
const database = new PostgresDatabase(stack, 'database', {
  name: declaration.name,
  image: POSTGRES_IMAGE,
  port: Number(DATABASE_PORT),
});
const api = new SecuredPostgrest(stack, 'api', { declaration, database, image: POSTGREST_IMAGE, port: Number(API_PORT) });
new TerraformOutput(stack, 'url', { value: api.url });
await observe(app);
app.synth();
`;

const migration = `
CREATE TABLE messages (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, author text NOT NULL, body text NOT NULL);
CREATE INDEX messages_author ON messages (author);
`;

/** Imports of every entry point, and the types of what they export. */
const entryPoints = `
import type { App } from 'cdktf';
import { declare, type Declaration } from 'cdktf-secured-postgrest/declaration';
import { generateKey, signToken, type SigningKey } from 'cdktf-secured-postgrest/tokens';
import { signToken as oldSignToken } from 'cdktf-secured-postgrest/jwt';
import { addStacks, type SecuredPostgrestStacks } from 'cdktf-secured-postgrest/stacks';
import { KeySet, type IPostgresDatabase } from 'cdktf-secured-postgrest/constructs';
import { applyDeclaration, type ApplyResult } from 'cdktf-secured-postgrest';

export const declaration: Declaration = declare({ name: 'a', schemas: ['b'], roles: { users: ['c'] } });
export const sign = async (key: SigningKey): Promise<string> => signToken(key, { role: 'c' });
export const volume = (keys: KeySet, database: IPostgresDatabase): string => database.host + keys.jwksFile.path;
export const add = (app: App): SecuredPostgrestStacks => addStacks(app, declaration, { api: { port: 3001 } });
export const apply = (): Promise<ApplyResult> =>
  applyDeclaration({ host: 'h', port: 1, database: 'd', user: 'u', password: 'p' }, declaration);
if (oldSignToken !== signToken) throw new Error('the old path exports something else');
if (typeof generateKey !== 'function' || typeof KeySet !== 'function') throw new Error('an export is missing');
`;

/** Checks the package's own declarations as well. */
const strict = { target: 'ES2022', strict: true, skipLibCheck: false, types: ['node'] };

const project = new Project();
let env: NodeJS.ProcessEnv;
let tarball: string;

beforeAll(async () => {
  const running = engineObjects('container', 'stranger');
  if (running.length > 0) throw new Error(`this engine already runs ${running.join(', ')}; remove them first`);
  env = {
    POSTGRES_IMAGE: postgresImage,
    POSTGREST_IMAGE: postgrestImage,
    DATABASE_PORT: String(await freePort()),
    API_PORT: String(await freePort()),
  };
  tarball = await pack(project.directory);
  project.write('cdktf.json', { language: 'typescript', app: 'npx tsx main.ts', sendCrashReports: 'false' });
  project.write('main.ts', main("new URL('migrations', import.meta.url)"));
  project.write('migrations/001_messages.sql', migration);
  project.write('entry-points.ts', entryPoints);
  await project.install({
    type: 'module',
    scripts: { deploy: 'cdktf deploy --auto-approve --skip-provider-lock' },
    dependencies: {
      'cdktf-secured-postgrest': `file:${tarball}`,
      ...versions('cdktf', 'constructs', '@cdktf/provider-docker', '@cdktf/provider-postgresql'),
      ...versions('cdktf-cli', 'typescript', 'tsx', '@types/node'),
      'ts-node': '^10.9.2',
    },
  });
});

afterAll(async () => {
  if (existsSync(join(project.directory, 'terraform.messages.tfstate'))) await cdktf('destroy');
  for (const kind of ['container', 'volume', 'network'] as const) {
    const names = engineObjects(kind, 'stranger');
    if (names.length > 0) docker(kind, 'rm', ...(kind === 'network' ? [] : ['--force']), ...names);
  }
  project.remove();
});

function cdktf(command: 'deploy' | 'destroy') {
  const flags = command === 'deploy' ? ['--skip-provider-lock'] : [];
  return project.must('npx', ['cdktf', command, '--auto-approve', ...flags], env);
}

async function mint(subject: string): Promise<string> {
  const options = ['--directory', '.secrets/stranger/keys', '--role', 'stranger_user', '--subject', subject];
  const { output } = await project.must('npx', ['secured-postgrest', 'token', 'mint', ...options]);
  return output.trim().split('\n').at(-1)!;
}

function ask(token?: string, body?: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${env['API_PORT']}/messages?select=author,body`, {
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
}

/** How the database differs from the declaration that was synthesized. */
async function diff(): Promise<string> {
  const stack = 'cdktf.out/stacks/messages';
  const file = readdirSync(join(project.directory, stack), { recursive: true, encoding: 'utf8' }).find((name) =>
    name.endsWith('declaration.json'),
  );
  const secrets = '.secrets/stranger';
  // It ends with status 2 where there is a difference.
  const { output } = await project.must('bash', [
    ...['-c', '"$@" || [ $? -eq 2 ]', 'diff', 'npx'],
    ...['secured-postgrest', 'diff', join(stack, file!), '--host', '127.0.0.1', '--port', env['DATABASE_PORT']!],
    ...['--database', 'stranger', '--user', 'postgres', '--password-file', `${secrets}/admin-password`],
    ...['--sslmode', 'verify-full', '--ssl-root-certificate', `${secrets}/stranger-postgres-certificate.pem`],
  ]);
  return output;
}

describe('the package in a project of somebody else', () => {
  it('compiles in a module', async () => {
    project.write('tsconfig.json', { compilerOptions: { ...strict, module: 'NodeNext' }, include: ['*.ts'] });
    await project.must('npx', ['tsc', '--noEmit']);
  });

  it("compiles and runs in CommonJS, as cdktf's own template sets it up", async () => {
    const template = join(root, 'node_modules/cdktf-cli/bundle/templates/typescript/tsconfig.json');
    project.write('commonjs/package.json', {});
    project.write('commonjs/tsconfig.json', readFileSync(template, 'utf8'));
    const inCommonJs = main("__dirname + '/migrations'").replace(
      'await observe(app);\napp.synth();',
      'void observe(app).then(() => app.synth());',
    );
    project.write('commonjs/main.ts', inCommonJs);
    project.write('commonjs/migrations/001_messages.sql', migration);
    project.write('commonjs/entry-points.ts', entryPoints);
    await project.must('npx', ['ts-node', 'entry-points.ts'], env, 'commonjs');
    await project.must('npx', ['ts-node', 'main.ts'], env, 'commonjs');
    expect(existsSync(join(project.directory, 'commonjs/cdktf.out/stacks/messages/cdk.tf.json'))).toBe(true);
  });

  it('compiles in CommonJS with "module": "NodeNext"', async () => {
    project.write('commonjs/tsconfig.json', { compilerOptions: { ...strict, module: 'NodeNext' }, include: ['*.ts'] });
    await project.must('npx', ['tsc', '--noEmit', '--project', 'commonjs']);
  });

  it('deploys', async () => {
    const { output } = await cdktf('deploy');
    expect(output).toContain(`url = http://127.0.0.1:${env['API_PORT']}`);
  });

  it('answers as declared', async () => {
    const [ada, bob] = await Promise.all([mint('ada'), mint('bob')]);
    expect((await ask()).status).toBe(401);
    expect((await ask(ada, { author: 'ada', body: 'hello' })).status).toBe(201);
    expect((await ask(ada, { author: 'bob', body: 'not from bob' })).status).toBe(403);
    expect(await (await ask(ada)).json()).toEqual([{ author: 'ada', body: 'hello' }]);
    expect(await (await ask(bob)).json()).toEqual([]);
  });

  it('says "No changes" when it is deployed again', async () => {
    const { output } = await cdktf('deploy');
    expect(output).toContain('No changes.');
    expect(output).not.toMatch(/(Creating|Modifying|Destroying)\.\.\./);
  });

  it('is upgraded with the commands of docs/upgrades.md, and data and tokens stay', async () => {
    const later = await packLater(tarball, '99.0.0', {
      // Replaces the server.
      'dist/compile/server/postgrest-server.js': (text) => text.replace('cpus: 1 }', 'cpus: 0.9 }'),
      'dist/sql/compile/functions/examine-request-body.sql': (text) =>
        text.replace('not valid here', 'not valid for this API'),
    });
    const token = await mint('ada');
    const idOf = (name: string) => docker('inspect', '--format', '{{.Id}}', name);
    const [database, server] = [idOf('stranger-postgres'), idOf('stranger-api-1')];
    const [install, ...others] = shellLines('docs/upgrades.md', 'This package');
    await project.must('bash', ['-ec', install!.replace(/\S+@latest$/, `--prefer-offline '${later}'`)]);
    expect(await diff()).toContain('CREATE OR REPLACE FUNCTION "stranger_private".examine_request');
    for (const line of others) await project.must('bash', ['-ec', line], env);

    expect(await diff()).toMatch(/^-- no difference$/m);
    expect(idOf('stranger-postgres')).toBe(database);
    expect(idOf('stranger-api-1')).not.toBe(server);
    expect(await (await ask(token)).json()).toEqual([{ author: 'ada', body: 'hello' }]);
  });

  it('leaves nothing behind', async () => {
    await cdktf('destroy');
    for (const kind of ['container', 'volume', 'network'] as const) expect(engineObjects(kind, 'stranger')).toEqual([]);
  });
});

describe('the package without its peers', () => {
  const bare = new Project();

  beforeAll(async () => {
    const dependencies = { 'cdktf-secured-postgrest': `file:${tarball}` };
    await bare.install({ type: 'module', dependencies });
  });

  afterAll(() => bare.remove());

  it('declares, signs and checks tokens', async () => {
    for (const peer of ['cdktf', 'cdktn', 'vitest'])
      expect(existsSync(join(bare.directory, 'node_modules', peer)), peer).toBe(false);
    bare.write(
      'main.js',
      `import { declare } from 'cdktf-secured-postgrest/declaration';
       import { generateKey, signToken } from 'cdktf-secured-postgrest/tokens';
       declare({ name: 'a', schemas: ['b'], roles: { users: ['c'] } });
       console.log((await signToken(await generateKey(), { role: 'c' })).split('.').length);`,
    );
    expect((await bare.must('node', ['main.js'])).output).toBe('3\n');
  });

  it('names the packages that constructs need', async () => {
    bare.write(
      'constructs.js',
      `import { Construct } from 'constructs';
       import { PostgresDatabase } from 'cdktf-secured-postgrest';
       new PostgresDatabase(new Construct(undefined, ''), 'database', { name: 'todos' });`,
    );
    await expect(bare.must('node', ['constructs.js'])).rejects.toThrow(
      'run: npm install cdktn constructs @cdktn/provider-docker @cdktn/provider-postgresql [missing_package]',
    );
  });

  it('has a command line', async () => {
    bare.write('declaration.json', { name: 'a', schemas: ['b'], roles: { users: ['c'] } });
    expect((await bare.must('npx', ['secured-postgrest', 'plan-sql', 'declaration.json'])).output).toContain(
      'CREATE OR REPLACE FUNCTION "a_private".pre_request',
    );
  });
});
