import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { App, LocalBackend } from 'cdktf';
import { afterEach, expect, it, vi } from 'vitest';
import { observe } from '../../../../constructs/index.ts';
import { addStacks } from '../../../../stacks/index.ts';
import { freePort } from '../../../support/deployment.ts';
import { temporaryDirectory, testDeclaration, testSecrets } from '../../../support/synth.ts';

afterEach(() => vi.unstubAllEnvs());

it('a server that a killed deploy has left is named, and those that a state has are not', async () => {
  const directory = temporaryDirectory();
  const secrets = testSecrets(join(directory, 'secrets'));
  const names = ['todos-api-1-00000001', 'todos-api-1-00000002', 'todos-api-10', 'todos-api-2-00000003'];
  const lines = names.map((name) => [`${'0'.repeat(64)}`, secrets.identity, 'todos', name].join('\\t'));
  writeFileSync(
    join(directory, 'docker'),
    `#!/bin/sh\ncase "$*" in *"container ls"*) printf '${lines.join('\\n')}\\n' ;; esac\n`,
  );
  chmodSync(join(directory, 'docker'), 0o755);
  vi.stubEnv('PATH', `${directory}${delimiter}${process.env['PATH']}`);
  vi.stubEnv('DOCKER_HOST', '');
  const attributes = {
    name: 'todos-api-1-00000002',
    labels: [
      { label: 'secured-postgrest.name', value: 'todos' },
      { label: 'secured-postgrest.deployment', value: secrets.identity },
    ],
  };
  const state = { version: 4, resources: [{ type: 'docker_container', instances: [{ attributes }] }] };
  const app = new App({ outdir: join(directory, 'cdktf.out') });
  const { api } = addStacks(app, testDeclaration(), {
    secrets,
    database: { port: await freePort() },
    api: { servers: 2 },
    gateway: {},
  });
  const file = join(directory, 'terraform.todos-api.tfstate');
  new LocalBackend(api, { path: file });
  writeFileSync(file, JSON.stringify(state));
  await observe(app);
  const warnings = api.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === '@cdktf/warn')
    .map(({ data }) => String(data))
    .filter((warning) => warning.includes('container'));
  expect(warnings).toEqual([
    'a killed deploy has left the container todos-api-1-00000001, which no state has: remove it (docker rm --force todos-api-1-00000001)',
  ]);
});
