import { readFileSync } from 'node:fs';
import { App, TerraformStack } from 'cdktf';
import { describe, expect, it } from 'vitest';
import { DatabaseRoles } from '../../constructs/index.ts';
import { terrainModules } from '../../scripts/cdk-terrain.mjs';
import { testApp, testDeclaration, testProvider } from '../support/synth.ts';

function synthesize(targetVersions?: object): void {
  const { app, secrets } = testApp();
  if (targetVersions) app.node.setContext('targetVersions', targetVersions);
  const stack = new TerraformStack(app, 'stack');
  new DatabaseRoles(stack, 'roles', { declaration: testDeclaration(), secrets, provider: testProvider(stack) });
  app.synth();
}

it('runs on CDK Terrain', () => {
  const { version } = JSON.parse(readFileSync(`${terrainModules}/cdktn/package.json`, 'utf8')) as { version: string };
  expect(new App().node.tryGetContext('cdktfVersion')).toBe(version);
});

describe('write-only values', () => {
  it('need no targetVersions in cdktf.json', () => {
    expect(() => synthesize()).not.toThrow();
  });

  it.each([{ terraform: '>=1.11' }, { opentofu: '~1.12.1' }, { terraform: '1.13.x', opentofu: '>=1.11' }])(
    'are accepted where targetVersions are %j',
    (targetVersions) => expect(() => synthesize(targetVersions)).not.toThrow(),
  );

  it.each([
    [{ terraform: '>=1.9' }, 'requires terraform >=1.11.0, but the project targets terraform >=1.9'],
    [{ opentofu: '>=1.10' }, 'requires opentofu >=1.11.0, but the project targets opentofu >=1.10'],
    [{ tofu: '>=1.11' }, 'targetVersions has unknown product "tofu"'],
  ])('are refused where targetVersions are %j', (targetVersions, message) =>
    expect(() => synthesize(targetVersions)).toThrow(message),
  );
});
