import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isPlain, readStacks } from '../../../../scripts/deploy/stacks.mjs';

const directory = mkdtempSync(join(tmpdir(), 'stacks-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('readStacks', () => {
  it('puts each stack after those that it depends on', () => {
    const dependencies = { 'a-api': ['b-access'], 'b-access': ['c-database'], 'c-database': [], other: [] };
    const stacks = Object.fromEntries(
      Object.entries(dependencies).map(([name, names]) => {
        mkdirSync(join(directory, name));
        writeFileSync(join(directory, name, 'cdk.tf.json'), '{}');
        return [name, { name, dependencies: names, synthesizedStackPath: `${name}/cdk.tf.json` }];
      }),
    );
    writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ stacks }));
    expect(readStacks(directory).map(({ name }) => name)).toEqual(['c-database', 'b-access', 'a-api', 'other']);
  });
});

describe('isPlain', () => {
  const docker = { source: 'kreuzwerker/docker', version: '3.6.2' };
  const requiring = (provider: object) => ({ terraform: { required_providers: { docker: provider } } });

  it.each([
    ['nothing', {}],
    ['a local state', { terraform: { backend: { local: {} } } }],
    ['one version of a provider', requiring(docker)],
  ])('accepts a stack with %s', (_, content) => {
    expect(isPlain({ content })).toBe(true);
  });

  it.each([
    ['another backend', { terraform: { backend: { s3: {} } } }],
    ['Terraform Cloud', { terraform: { cloud: {} } }],
    ['a range of versions', requiring({ ...docker, version: '~> 3.6' })],
    ['a provider without a version', requiring({ source: 'kreuzwerker/docker' })],
    ['a module', { module: { network: {} } }],
  ])('leaves a stack with %s to the CLI', (_, content) => {
    expect(isPlain({ content })).toBe(false);
  });
});
