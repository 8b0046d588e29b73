import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pack, Project, versions } from '../support/project.ts';

const project = new Project();
let tarball: string;
const providers = versions('@cdktf/provider-docker', '@cdktf/provider-postgresql');

beforeAll(async () => {
  project.write(
    'main.js',
    `import { App, TerraformStack } from 'cdktf';
     import { declare, PostgresDatabase, SecuredPostgrest } from 'cdktf-secured-postgrest';

     const declaration = declare({ name: 'stranger', schemas: ['api'], roles: { users: ['stranger_user'] } });
     const app = new App();
     const stack = new TerraformStack(app, 'platform');
     const database = new PostgresDatabase(stack, 'database', { name: declaration.name });
     new SecuredPostgrest(stack, 'api', { declaration, database, servers: 2 });
     app.synth();`,
  );
  tarball = await pack(project.directory);
});

afterAll(() => project.remove());

/** The stack as synthesized with what is installed as `cdktf`, without the note of its version. */
async function synthesize(dependencies: Record<string, string>, further: object = {}): Promise<object> {
  const ours = { 'cdktf-secured-postgrest': `file:${tarball}` };
  await project.install({ type: 'module', dependencies: { ...ours, ...providers, ...dependencies }, ...further });
  await project.must('node', ['main.js']);
  const file = join(project.directory, 'cdktf.out/stacks/platform/cdk.tf.json');
  const stack = JSON.parse(readFileSync(file, 'utf8')) as { '//': { metadata: { version: string } } };
  expect(stack['//'].metadata.version).toBe(dependencies['cdktf']!.replace(/^.*@/, ''));
  stack['//'].metadata.version = '';
  return stack;
}

it('makes the same of the constructs with cdktf and with its fork under that name', async () => {
  const original = await synthesize(versions('cdktf', 'constructs'));
  const fork = await synthesize(
    { cdktf: 'npm:cdktn@0.24.0', constructs: '>=10.6.0 <10.8.0' },
    // The provider packages ask for cdktf ^0.21.0.
    { overrides: { cdktf: '$cdktf' } },
  );
  expect(fork).toEqual(original);
});
