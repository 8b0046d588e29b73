import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TerraformVariable } from 'cdktf';
import { describe, expect, it } from 'vitest';
import {
  PostgresDatabase,
  SecretFile,
  SecuredPostgrest,
  type ServerContainerProps,
} from '../../../constructs/index.ts';
import type { DeclarationInput } from '../../../declaration/types.ts';
import { synth, testDeclaration, testStack } from '../../support/synth.ts';

function withServer(
  props: ServerContainerProps = {},
  server: DeclarationInput['server'] = { version: '16.2' },
  tokens: DeclarationInput['tokens'] = {},
) {
  const { stack, secrets } = testStack();
  const database = new PostgresDatabase(stack, 'database', { name: 'todos', secrets });
  const api = new SecuredPostgrest(stack, 'api', {
    declaration: testDeclaration({ server, tokens }),
    database,
    secrets,
    ...props,
  });
  return { api, secrets, ...synth(stack) };
}

describe('PostgrestServer', () => {
  it('runs unprivileged, with its secrets in files', () => {
    const { block, secrets } = withServer();
    const container = block('docker_container', 'api/server/api-1') as { env: string[] };
    const root = secrets.fingerprint(new SecretFile(join(secrets.path, 'todos-postgres-certificate.pem')));
    expect(container).toMatchObject({
      name: 'todos-api-1',
      image: 'postgrest/postgrest:v16.2',
      user: '1000:1000',
      read_only: true,
      capabilities: { drop: ['ALL'] },
      security_opts: ['no-new-privileges:true'],
      memory: 512,
      memory_swap: 512,
      cpu_period: 100_000,
      cpu_quota: 100_000,
      restart: 'unless-stopped',
      ports: [{ internal: 3000, external: 3000, ip: '127.0.0.1' }],
      mounts: [
        { source: 'todos-keys', target: '/etc/postgrest/keys', read_only: true },
        { source: 'todos-database-login', target: '/etc/postgrest/database-login', read_only: true },
        {
          source: 'todos-database-login-fallback',
          target: '/etc/postgrest/database-login-fallback',
          read_only: true,
        },
        { source: 'todos-root-certificate', target: '/etc/postgrest/root-certificate', read_only: true },
      ],
      healthcheck: { test: ['CMD', 'postgrest', '--ready'] },
      // The longest of the roles' statement timeouts, and 5 s.
      stop_signal: 'SIGTERM',
      stop_timeout: 10,
      destroy_grace_seconds: 10,
      // Another certificate replaces the server; other keys and another login must not.
      labels: [
        { label: 'secured-postgrest.root-certificate', value: root },
        { label: 'secured-postgrest.cpus', value: '1' },
        { label: 'secured-postgrest.health-check', value: expect.stringMatching(/^[0-9a-f]{16}$/) as string },
        { label: 'secured-postgrest.name', value: 'todos' },
        { label: 'secured-postgrest.deployment', value: secrets.identity },
      ],
    });
    expect(container).not.toHaveProperty('upload');
    expect(container.env).toEqual(
      expect.arrayContaining([
        'PGHOST=todos-postgres',
        'PGPORT=5432',
        'PGSSLMODE=verify-full',
        'PGSSLROOTCERT=/etc/postgrest/root-certificate/root-certificate',
        'PGRST_DB_URI=postgres:///todos?service=authenticator',
        'HOME=/etc/postgrest/database-login',
        'PGSYSCONFDIR=/etc/postgrest/database-login-fallback',
        'PGRST_JWT_SECRET=@/etc/postgrest/keys/jwks.json',
        'PGRST_SERVER_PORT=3000',
      ]),
    );
  });

  it('follows the version of the image', () => {
    const { block } = withServer({ image: 'mirror.example/postgrest:v12.0.2' }, { version: '12.0.2' });
    const container = block('docker_container', 'api/server/api-1') as { env: string[] };
    expect(container.env).toContain('PGRST_JWT_ROLE_CLAIM_KEY=.role');
    expect(container).not.toHaveProperty('healthcheck');
    expect(block('docker_container', 'api/keys/volume/writer').image).toBe('mirror.example/postgrest:v12.0.2');
  });

  it('runs several servers on consecutive ports, and waits for each', () => {
    const { api, block, paths } = withServer({ servers: 3, port: 8080 }, { version: '16.2', bindAddress: '0.0.0.0' });
    expect(api.urls).toEqual(['http://127.0.0.1:8080', 'http://127.0.0.1:8081', 'http://127.0.0.1:8082']);
    expect(paths('docker_container').filter((path) => path.startsWith('api/server/api-'))).toHaveLength(3);
    expect(block('docker_container', 'api/server/api-3')).toMatchObject({
      name: 'todos-api-3',
      ports: [{ external: 8082, ip: '0.0.0.0' }],
    });
    const ready = block('terraform_data', 'api/server/ready') as { triggers_replace: object; provisioner: unknown[] };
    expect(Object.keys(ready.triggers_replace)).toEqual(['api-1', 'api-2', 'api-3', 'keys', 'login']);
    expect(ready.provisioner.slice(0, 3)).toMatchObject(
      api.urls.map((url, n) => ({
        'local-exec': {
          command: expect.stringMatching(
            new RegExp(`wait --url ${url} --timeout 60 --container todos-api-${n + 1} --hide \\S+/secrets$`),
          ) as unknown,
        },
      })),
    );
  });

  it('has them read the keys, and shows that they do', () => {
    const { api, block, dependencies, secrets } = withServer({ servers: 2 });
    expect(block('terraform_data', 'api/server/ready')).toMatchObject({
      triggers_replace: {
        keys: secrets.fingerprint(api.jwksFile),
        login: secrets.fingerprint(secrets.databaseLogin('todos_authenticator')),
      },
      provisioner: [
        {},
        {},
        {
          'local-exec': {
            command: expect.stringMatching(
              / reload --host 127\.0\.0\.1 .*--key-set \S+jwks\.json --directory \S+keys --server \S+:3000 --server \S+:3001 --authenticator \S+$/,
            ) as unknown,
          },
        },
        {
          'local-exec': {
            command: expect.stringMatching(
              / password finish .*--directory \S+secrets --authenticator todos_authenticator$/,
            ) as unknown,
          },
        },
      ],
    });
    expect(dependencies('terraform_data', 'api/server/ready')).toContain('api/keys/volume/writer');
  });

  it('joins a network of its own where the database has none, and finds the host', () => {
    const { stack, secrets } = testStack();
    const host = new TerraformVariable(stack, 'host', { type: 'string' }).stringValue;
    const attributes = { database: 'todos', adminUser: 'admin', adminPasswordFile: secrets.adminPassword.path };
    const remote = PostgresDatabase.fromExisting(stack, 'remote', { ...attributes, host });
    const local = PostgresDatabase.fromExisting(stack, 'local', {
      ...attributes,
      host: 'localhost',
      internalHost: 'host.docker.internal',
    });
    const declaration = testDeclaration();
    new SecuredPostgrest(stack, 'a', { declaration, database: remote, secrets });
    new SecuredPostgrest(stack, 'b', { declaration: testDeclaration({ name: 'other' }), database: local, secrets });
    const { block } = synth(stack);
    expect(block('docker_network', 'a/server/network')).toMatchObject({ name: 'todos-api' });
    const container = block('docker_container', 'a/server/api-1') as { env: string[] };
    expect(container.env).toEqual(expect.arrayContaining(['PGHOST=${var.host}', 'PGSSLMODE=require']));
    expect(block('docker_container', 'b/server/api-1')).toMatchObject({
      host: [{ host: 'host.docker.internal', ip: 'host-gateway' }],
    });
  });

  it('checks the certificate of an existing database', () => {
    const { stack, secrets, directory } = testStack();
    const sslRootCertificateFile = join(directory, 'root.pem');
    writeFileSync(sslRootCertificateFile, 'PEM');
    const database = PostgresDatabase.fromExisting(stack, 'database', {
      host: 'db.example.org',
      database: 'todos',
      adminUser: 'admin',
      adminPasswordFile: secrets.adminPassword.path,
      sslmode: 'verify-full',
      sslRootCertificateFile,
    });
    new SecuredPostgrest(stack, 'api', { declaration: testDeclaration(), database, secrets });
    const { block, provider } = synth(stack);
    expect(provider.postgresql).toMatchObject([{ sslmode: 'verify-full', sslrootcert: '../../../root.pem' }]);
    expect(block('terraform_data', 'api/access/sql/applied')).toMatchObject({
      provisioner: [
        {
          'local-exec': {
            command: expect.stringMatching(
              /--sslmode verify-full --ssl-root-certificate \.\.\/\.\.\/\.\.\/root\.pem$/,
            ) as unknown,
          },
        },
      ],
    });
    const container = block('docker_container', 'api/server/api-1') as { env: string[] };
    expect(container.env).toContain('PGSSLROOTCERT=/etc/postgrest/root-certificate/root-certificate');
    expect(container).toMatchObject({
      mounts: [{}, {}, {}, { target: '/etc/postgrest/root-certificate', read_only: true }],
    });
  });

  it.each<[ServerContainerProps, RegExp]>([
    [{ servers: 0 }, /stack\/api\/server\.servers: 0 is not/],
    [{ servers: 2, port: 65535 }, /65536 is not a port/],
    [{ servers: 9 }, /9 servers open up to 99 connections, more than the limit of 97/],
    [{ servers: 2, connectionLimit: 20 }, /22 connections, more than the limit of 20/],
    [{ image: 'postgrest/postgrest:v15.0', version: '16.2' }, /"16\.2" is not the version of the image/],
    [{ user: '0:0' }, /"0:0" is not an unprivileged user/],
  ])('refuses %j', (props, message) => {
    expect(() => withServer(props)).toThrowError(message);
    expect(() => withServer(props)).toThrowError(expect.objectContaining({ code: 'invalid_prop' }));
  });

  it.each(['accepted', 'required'] as const)('refuses %s encryption unless an opener is before it', (encryption) => {
    const server = { version: '16.2' };
    expect(() => withServer({}, server, { encryption })).toThrowError(/behindOpener: tokens\.encryption is/);
    const { paths } = withServer({ behindOpener: true }, server, { encryption });
    expect(paths('docker_container')).toContain('api/server/api-1');
  });
});
