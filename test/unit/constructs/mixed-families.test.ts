import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { expect, it } from 'vitest';
import { DatabaseRoles, PostgresDatabase } from '../../../constructs/index.ts';
import { refusal } from '../../support/errors.ts';
import { temporaryDirectory, testDeclaration, testProvider, testSecrets } from '../../support/synth.ts';

/** A stack in an app that says that it is of another version. */
function stackOf(version: string | undefined): TerraformStack {
  const app = new App({ outdir: temporaryDirectory() });
  app.node.setContext('cdktfVersion', version);
  return new TerraformStack(app, 'stack');
}

const own = String(new App({ outdir: join(tmpdir(), 'never-synthesized') }).node.tryGetContext('cdktfVersion'));
const isTerrain = !own.startsWith('0.21.');
const other = isTerrain ? '0.21.0' : '0.24.0';

it.each([
  [
    'PostgresDatabase',
    (stack: TerraformStack) => new PostgresDatabase(stack, 'db', { name: 'todos', secrets: testSecrets() }),
  ],
  [
    'DatabaseRoles',
    (stack: TerraformStack) =>
      new DatabaseRoles(stack, 'db', {
        declaration: testDeclaration(),
        secrets: testSecrets(),
        provider: testProvider(stack),
      }),
  ],
])('%s rejects an app of the other family by name', (_, make) => {
  const error = refusal(() => make(stackOf(other)));
  expect(error.code).toBe('invalid_prop');
  const [app, core] = isTerrain ? ['CDKTF', 'cdktn'] : ['CDK Terrain', 'cdktf'];
  expect(error.message).toContain(
    `stack/db: the app is of ${app} ${other}, but this package runs on ${core} ${own}, which is installed too; install`,
  );
});

it.each([own, undefined])('an app of the same family is accepted (%s)', (version) => {
  const stack = stackOf(version);
  expect(() => new PostgresDatabase(stack, 'db', { name: 'todos', secrets: testSecrets() })).not.toThrow();
});
