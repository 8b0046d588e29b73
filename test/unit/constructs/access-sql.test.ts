import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { accessFingerprint } from '../../../compile/fingerprint.ts';
import { AccessSql, PostgresDatabase } from '../../../constructs/index.ts';
import { synth, testDeclaration, testStack } from '../../support/synth.ts';

it('runs again for another declaration and for another database', () => {
  const { app, stack, secrets, directory } = testStack();
  const declaration = testDeclaration();
  const database = new PostgresDatabase(stack, 'database', { name: 'todos', secrets });
  new AccessSql(stack, 'access', { declaration, database, dependsOn: database.waitFor });
  const { block, dependencies } = synth(stack);
  const applied = block('terraform_data', 'access/applied') as {
    triggers_replace: unknown;
    provisioner: { 'local-exec': { command: string } }[];
  };
  expect(applied.triggers_replace).toEqual({
    sql: accessFingerprint(declaration),
    database: expect.stringMatching(/^\$\{docker_container\..*\.id\}$/) as unknown,
  });
  expect(dependencies('terraform_data', 'access/applied')).toEqual(['database/ready']);

  const { command } = applied.provisioner[0]!['local-exec'];
  const [, file] = /apply --declaration (\S+) /.exec(command)!;
  expect(command).toContain(
    '--host 127.0.0.1 --port 5432 --database todos --user postgres --password-file ../../../secrets/admin-password --sslmode verify-full --ssl-root-certificate ../../../secrets/todos-postgres-certificate.pem',
  );
  expect(command).not.toContain('--revision');
  app.synth();
  const written = readFileSync(join(directory, 'cdktf.out/stacks/stack', file!), 'utf8');
  expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(declaration)));
});

it('runs again for another revision, which the run records', () => {
  const { stack, secrets } = testStack();
  const database = new PostgresDatabase(stack, 'database', { name: 'todos', secrets });
  const access = new AccessSql(stack, 'access', { declaration: testDeclaration(), database, dependsOn: [] });
  access.revision = 'deployment.2';
  const { block } = synth(stack);
  expect(block('terraform_data', 'access/applied')).toMatchObject({
    triggers_replace: { revision: 'deployment.2' },
    provisioner: [{ 'local-exec': { command: expect.stringContaining(' --revision deployment.2 ') as unknown } }],
  });
});
