import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { LocalBackend, TerraformStack } from 'cdktf';
import { writeIdentity } from '../../../constructs/secrets/deployment-identity.ts';
import {
  DatabaseAccess,
  observe,
  PostgresDatabase,
  SecretsDirectory,
  SecuredPostgrest,
} from '../../../constructs/index.ts';
import { freePort } from '../../support/deployment.ts';
import { synth, temporaryDirectory, testApp, testDeclaration, testStack } from '../../support/synth.ts';

// Whatever the engine of this machine runs is none of these tests' business.
beforeEach(async () => {
  vi.stubEnv('DOCKER_HOST', `tcp://127.0.0.1:${await freePort()}`);
});

afterEach(() => vi.unstubAllEnvs());

it('leaves an engine and a database that do not answer to the deploy', async () => {
  const { app, stack, secrets } = testStack();
  const declaration = testDeclaration();
  const database = new PostgresDatabase(stack, 'database', { name: 'todos', secrets, port: await freePort() });
  new SecuredPostgrest(stack, 'api', { declaration, database, secrets });
  await observe(app);
  const { text, block } = synth(stack);
  expect(JSON.parse(text)).not.toHaveProperty('import');
  // The same wherever it is synthesized.
  expect(block('terraform_data', 'api/access/sql/applied')).toMatchObject({
    triggers_replace: { revision: secrets.identity },
  });
});

it('leaves a password file that is missing to the deploy', async () => {
  const { app, stack, secrets, directory } = testStack();
  const declaration = testDeclaration();
  const database = PostgresDatabase.fromExisting(stack, 'database', {
    host: 'db.example.org',
    database: 'todos',
    adminUser: 'admin',
    adminPasswordFile: join(directory, 'nowhere'),
  });
  new DatabaseAccess(stack, 'access', { declaration, database, secrets });
  await observe(app);
  expect(synth(stack).block('terraform_data', 'access/sql/applied')).toMatchObject({
    triggers_replace: { revision: secrets.identity },
  });
});

it('warns of a database that is there and cannot be asked', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { app, stack, secrets } = testStack();
  const { port } = server.address() as AddressInfo;
  const database = new PostgresDatabase(stack, 'database', { name: 'todos', secrets, port });
  const access = new DatabaseAccess(stack, 'access', { declaration: testDeclaration(), database, secrets });
  await observe(app);
  expect(access.node.metadata).toEqual([
    expect.objectContaining({
      type: '@cdktf/warn',
      data: expect.stringMatching(/^what was changed by hand is not looked for: postgres at 127\.0\.0\.1:/) as unknown,
    }),
  ]);
  expect(access.sql.revision).toBe(secrets.identity);
});

describe('a local state that another deployment has left', () => {
  async function observed(secretsDirectory: string, labels: readonly object[], app = testApp().app) {
    const stack = new TerraformStack(app, 'stack');
    const file = join(secretsDirectory, '..', 'terraform.stack.tfstate');
    const resources = [{ type: 'docker_container', instances: [{ attributes: { name: 'todos-api-1', labels } }] }];
    writeFileSync(file, JSON.stringify({ version: 4, resources }));
    new LocalBackend(stack, { path: file });
    const secrets = new SecretsDirectory({ name: 'todos', directory: secretsDirectory });
    const database = new PostgresDatabase(stack, 'database', { name: 'todos', secrets, port: await freePort() });
    new SecuredPostgrest(stack, 'api', { declaration: testDeclaration(), database, secrets });
    await observe(app);
  }
  const deployedBy = (deployment: string, name = 'todos') => [
    { label: 'secured-postgrest.name', value: name },
    { label: 'secured-postgrest.deployment', value: deployment },
  ];

  it('is rejected, and the secrets that were made for it are removed, without those that were there', async () => {
    const directory = join(temporaryDirectory(), 'secrets');
    await expect(observed(directory, deployedBy('0123456789abcdef'))).rejects.toThrow(
      /holds no secrets yet.*terraform\.stack\.tfstate.*belongs to deployment 0123456789abcdef.*--deployment 0123456789abcdef.*\[foreign_deployment\]/,
    );
    expect(existsSync(directory)).toBe(false);

    mkdirSync(directory, { mode: 0o700 });
    writeFileSync(join(directory, 'admin-password'), 'planted', { mode: 0o600 });
    await expect(observed(directory, deployedBy('0123456789abcdef'))).rejects.toThrow(/foreign_deployment/);
    expect(readdirSync(directory, { recursive: true })).toEqual(['keys', 'admin-password'].sort());
  });

  it("is rejected with a directory of another deployment's, which stays as it is", async () => {
    const directory = join(temporaryDirectory(), 'secrets');
    mkdirSync(directory, { mode: 0o700 });
    writeFileSync(join(directory, 'fingerprint-key'), 'of an earlier process', { mode: 0o600 });
    const { identity } = new SecretsDirectory({ name: 'todos', directory });
    await expect(observed(directory, deployedBy('0123456789abcdef'))).rejects.toThrow(
      new RegExp(`holds the secrets of deployment ${identity}`),
    );
    expect(new SecretsDirectory({ name: 'todos', directory }).identity).toBe(identity);
  });

  it('is no matter where the deployment is the same, was adopted, or is of another declaration', async () => {
    const { secrets } = testStack();
    await observed(secrets.path, deployedBy(secrets.identity));
    await observed(secrets.path, deployedBy('0123456789abcdef', 'shop'));
    writeIdentity(secrets.path, '0123456789abcdef');
    await observed(secrets.path, deployedBy('0123456789abcdef'));
  });
});
