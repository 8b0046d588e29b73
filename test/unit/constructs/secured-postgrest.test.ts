import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PostgresqlProvider } from '@cdktf/provider-postgresql/lib/provider/index.js';
import { type DataResource, TerraformStack } from 'cdktf';
import { describe, expect, it } from 'vitest';
import { DatabaseAccess, PostgresDatabase, SecretsDirectory, SecuredPostgrest } from '../../../constructs/index.ts';
import { synth, testApp, testDeclaration, testStack } from '../../support/synth.ts';

describe('SecuredPostgrest', () => {
  it('waits for the database in its own stack, and opens the API last', () => {
    const { stack, secrets } = testStack();
    const database = new PostgresDatabase(stack, 'database', { name: 'todos', secrets });
    const api = new SecuredPostgrest(stack, 'api', { declaration: testDeclaration(), database, secrets });
    const { dependencies, provider } = synth(stack);
    const waits = (type: string, path: string) => dependencies(type, path).sort();
    expect(waits('postgresql_role', 'api/access/roles/owner')).toEqual(['database/ready']);
    expect(waits('terraform_data', 'api/access/sql/applied')).toEqual(['api/access/roles/authenticator']);
    expect(waits('docker_container', 'api/keys/volume/writer')).toEqual(['api/access/sql/applied']);
    expect(waits('docker_container', 'api/server/database-login/writer')).toEqual(['api/access/sql/applied']);
    expect(waits('docker_container', 'api/server/api-1')).toEqual([
      'api/keys/volume/writer',
      'api/server/database-login-fallback/writer',
      'api/server/database-login/writer',
      'api/server/root-certificate/writer',
    ]);
    expect(provider.docker).toHaveLength(1);
    expect(provider.postgresql).toEqual([
      {
        alias: expect.stringMatching(/^api_access_/) as string,
        host: '127.0.0.1',
        port: 5432,
        database: 'todos',
        username: 'postgres',
        password: '${chomp(file("../../../secrets/admin-password"))}',
        sslmode: 'verify-full',
        sslrootcert: '../../../secrets/todos-postgres-certificate.pem',
        superuser: false,
        connect_timeout: 15,
      },
    ]);
    expect(api).toMatchObject({
      url: 'http://127.0.0.1:3000',
      urls: ['http://127.0.0.1:3000'],
      roleNames: ['anon', 'member'],
      jwksFile: { path: join(secrets.path, 'jwks.json') },
    });
    expect(api.waitFor.map((resource) => (resource as DataResource).node.path)).toEqual([
      'stack/api/server/ready',
      'stack/api/keys/volume/writer',
    ]);
  });

  it('lets the whole stack of a database in another one come first', () => {
    const { app, secrets } = testApp();
    const databaseStack = new TerraformStack(app, 'database');
    const database = new PostgresDatabase(databaseStack, 'database', { name: 'todos', secrets });
    const stack = new TerraformStack(app, 'api');
    new SecuredPostgrest(stack, 'api', { declaration: testDeclaration(), database, secrets });
    const { block } = synth(stack);
    expect(stack.dependencies).toEqual([databaseStack]);
    expect(block('postgresql_role', 'api/access/roles/owner')).toMatchObject({ depends_on: [] });
    expect(block('terraform_data', 'api/access/sql/applied')).toMatchObject({
      triggers_replace: { database: expect.stringContaining('data.terraform_remote_state') as unknown },
    });
    expect(block('docker_container', 'api/server/api-1')).toMatchObject({ networks_advanced: [{ name: 'todos' }] });
  });

  it('leaves no secret in what is synthesized', () => {
    const { app, secrets, directory } = testApp();
    const databaseStack = new TerraformStack(app, 'database');
    const database = new PostgresDatabase(databaseStack, 'database', { name: 'todos', secrets });
    const declaration = testDeclaration();
    new SecuredPostgrest(new TerraformStack(app, 'api'), 'api', { declaration, database, secrets });
    app.synth();
    const files = readdirSync(join(directory, 'cdktf.out'), { recursive: true, withFileTypes: true });
    const written = files
      .filter((file) => file.isFile())
      .map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'));
    expect(written.length).toBeGreaterThan(3);
    const names = [
      'admin-password',
      'authenticator-password',
      'authenticator-verifier',
      'database-login',
      'fingerprint-key',
    ];
    for (const name of names) {
      const secret = readFileSync(join(secrets.path, name), 'utf8');
      expect(written.some((text) => text.includes(secret))).toBe(false);
    }
  });

  it('leaves servers alone when the SQL of access in another stack fails', () => {
    const { app, secrets } = testApp();
    const [accessStack, stack] = [new TerraformStack(app, 'access'), new TerraformStack(app, 'api')];
    const database = new PostgresDatabase(new TerraformStack(app, 'database'), 'database', { name: 'todos', secrets });
    const declaration = testDeclaration();
    const access = new DatabaseAccess(accessStack, 'access', { declaration, database, secrets });
    const api = new SecuredPostgrest(stack, 'api', { declaration, database, access, secrets });
    const { paths, provider } = synth(stack);
    expect(stack.dependencies).toEqual([accessStack]);
    expect(paths('postgresql_role')).toEqual([]);
    expect(provider.postgresql).toBeUndefined();
    expect(api.roleNames).toEqual(['anon', 'member']);
  });

  it('can be there twice in one stack, each with a provider of its own', () => {
    const { stack, directory } = testStack();
    for (const [n, name] of ['one', 'two'].entries()) {
      const secrets = new SecretsDirectory({ name, directory: join(directory, name) });
      const database = new PostgresDatabase(stack, `${name}-database`, { name, secrets, port: 5432 + n });
      new SecuredPostgrest(stack, name, { declaration: testDeclaration({ name }), database, secrets, port: 3000 + n });
    }
    const { block, paths, provider } = synth(stack);
    expect(provider.docker).toHaveLength(1);
    expect(provider.postgresql?.map(({ alias }) => alias)).toEqual([
      expect.stringMatching(/^one_access/),
      expect.stringMatching(/^two_access/),
    ]);
    expect(block('postgresql_role', 'two/access/roles/owner')).toMatchObject({
      provider: expect.stringMatching(/^postgresql\.two_access_/) as string,
    });
    for (const type of ['docker_container', 'docker_volume', 'docker_network']) {
      const names = paths(type).map((path) => block(type, path).name);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('uses the given provider, and leaves other databases to theirs', () => {
    const { stack, secrets } = testStack();
    const database = new PostgresDatabase(stack, 'database', { name: 'todos', secrets });
    const postgresqlProvider = new PostgresqlProvider(stack, 'mine', { alias: 'mine' });
    new SecuredPostgrest(stack, 'api', { declaration: testDeclaration(), database, secrets, postgresqlProvider });
    const { block, provider } = synth(stack);
    expect(provider.postgresql).toEqual([{ alias: 'mine' }]);
    expect(block('postgresql_role', 'api/access/roles/owner')).toMatchObject({ provider: 'postgresql.mine' });
  });
});
