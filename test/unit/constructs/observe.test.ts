import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { DatabaseAccess, observe, PostgresDatabase, SecuredPostgrest } from '../../../constructs/index.ts';
import { freePort } from '../../support/deployment.ts';
import { synth, testDeclaration, testStack } from './synth.ts';

it('leaves an engine and a database that do not answer to the deploy', async () => {
  vi.stubEnv('DOCKER_HOST', `tcp://127.0.0.1:${await freePort()}`);
  onTestFinished(() => void vi.unstubAllEnvs());
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

it('warns of a database that is there and can not be asked', async () => {
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
