import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { describe, expect, it } from 'vitest';
import {
  type ExistingPostgresDatabaseAttributes,
  PostgresDatabase,
  type SecretsDirectory,
} from '../../../constructs/index.ts';
import { newServerCertificate } from '../../../constructs/secrets/server-certificate.ts';
import { POSTGRES_IMAGE } from '../../../compile/images.ts';
import { synth, testSecrets, testStack } from '../../support/synth.ts';

const PEM = '/run/secrets/postgres-certificate/server.pem';

describe('PostgresDatabase', () => {
  it('runs an unprivileged server with its password in a file', () => {
    const { stack, secrets } = testStack();
    const database = new PostgresDatabase(stack, 'database', { name: 'todos', secrets });
    const { block, dependencies, text } = synth(stack);
    const container = block('docker_container', 'database/container');
    expect(container).toMatchObject({
      name: 'todos-postgres',
      image: POSTGRES_IMAGE,
      user: '999:999',
      read_only: true,
      capabilities: { drop: ['ALL'] },
      security_opts: ['no-new-privileges:true'],
      // Room for one server with the default pool.
      memory: 2360,
      memory_swap: 2360,
      cpu_period: 100_000,
      cpu_quota: 200_000,
      ulimit: [
        { name: 'nproc', soft: 4096, hard: 4096 },
        { name: 'data', soft: 134_217_728, hard: 134_217_728 },
      ],
      shm_size: 64,
      log_driver: 'json-file',
      log_opts: { 'max-size': '10m', 'max-file': '3' },
      restart: 'unless-stopped',
      env: ['POSTGRES_DB=todos', 'POSTGRES_PASSWORD_FILE=/run/secrets/postgres/password', 'POSTGRES_USER=postgres'],
      ports: [{ internal: 5432, external: 5432, ip: '127.0.0.1' }],
      mounts: [
        { type: 'volume', target: '/var/lib/postgresql' },
        { type: 'volume', source: 'todos-postgres-password', target: '/run/secrets/postgres', read_only: true },
        {
          type: 'volume',
          source: 'todos-postgres-certificate',
          target: '/run/secrets/postgres-certificate',
          read_only: true,
        },
      ],
      entrypoint: ['/bin/sh', '-ec', expect.stringContaining('exec docker-entrypoint.sh "$@"') as string, PEM],
      command: [
        ...[
          'postgres',
          '-c',
          'shared_buffers=128MB',
          '-c',
          'maintenance_work_mem=64MB',
          '-c',
          'temp_file_limit=1024MB',
        ],
        ...['-c', 'max_parallel_workers_per_gather=0', '-c', 'jit=off'],
        ...['-c', 'ssl=on', '-c', 'ssl_cert_file=/tmp/server.pem', '-c', 'ssl_key_file=/tmp/server.pem'],
        ...['-c', 'ssl_min_protocol_version=TLSv1.2', '-c', 'hba_file=/tmp/pg_hba.conf'],
      ],
      healthcheck: {
        test: ['CMD', 'pg_isready', '--host=127.0.0.1', '--username=postgres', '--dbname=todos'],
      },
    });
    // Only this shows the log of a database that does not start.
    expect(container).not.toHaveProperty('wait');
    expect(block('terraform_data', 'database/ready')).toMatchObject({
      triggers_replace: { container: expect.stringContaining('docker_container.database_container') as string },
      provisioner: [
        {
          'local-exec': {
            command: expect.stringMatching(
              / wait --timeout 120 --container todos-postgres --hide \S+\/secrets --hide \S+\/admin-password$/,
            ) as string,
          },
        },
      ],
    });
    expect(container).not.toHaveProperty('upload');
    expect(dependencies('docker_container', 'database/container')).toEqual([
      'database/password/writer',
      'database/certificate/writer',
    ]);
    expect(database).toMatchObject({
      host: '127.0.0.1',
      port: 5432,
      internalHost: 'todos-postgres',
      internalPort: 5432,
      database: 'todos',
      adminUser: 'postgres',
      network: 'todos',
      sslmode: 'verify-full',
    });
    expect(text).not.toContain(readFileSync(secrets.adminPassword.path, 'utf8'));
    expect(text).not.toContain('BEGIN');
  });

  it('has a certificate for the names that it is reached by, and starts anew with another one', () => {
    const certify = (name: string, secrets: SecretsDirectory) => {
      const stack = new TerraformStack(new App({ outdir: join(secrets.path, 'out') }), 'stack');
      const database = new PostgresDatabase(stack, 'database', { name, secrets });
      const { block } = synth(stack);
      const { labels } = block('docker_container', 'database/container') as { labels: { label: string }[] };
      const { subjectAltName } = new X509Certificate(readFileSync(database.sslRootCertificate.path));
      return { subjectAltName, label: labels.find(({ label }) => label === 'secured-postgrest.certificate') };
    };
    const secrets = testSecrets();
    const { subjectAltName, label } = certify('todos', secrets);
    expect(subjectAltName).toBe('DNS:todos-postgres, DNS:localhost, IP Address:127.0.0.1');
    expect(certify('todos', secrets).label).toEqual(label);
    writeFileSync(join(secrets.path, 'todos-postgres.pem'), newServerCertificate(['too', 'few']));
    expect(certify('todos', secrets)).toEqual({
      subjectAltName,
      label: expect.not.objectContaining(label!) as unknown,
    });
    // Two databases may share a directory.
    expect(certify('notes', secrets).subjectAltName).toContain('DNS:notes-postgres');
  });

  it('never deletes the data for other labels or options of the volume', () => {
    const { stack, secrets } = testStack();
    new PostgresDatabase(stack, 'database', { name: 'todos', secrets });
    expect(synth(stack).block('docker_volume', 'database/data')).toMatchObject({
      name: 'todos-postgres-data',
      lifecycle: { ignore_changes: ['labels', 'driver', 'driver_opts'] },
    });
  });

  it.each([
    ['postgres:17.6', undefined, '/var/lib/postgresql/data'],
    ['postgres:18', undefined, '/var/lib/postgresql'],
    ['mirror.example/pg:stable', '19', '/var/lib/postgresql'],
  ])('mounts the data of %s (version %s) at %s', (image, version, target) => {
    const { stack, secrets } = testStack();
    new PostgresDatabase(stack, 'database', { name: 'todos', secrets, image, ...(version && { version }) });
    expect(synth(stack).block('docker_container', 'database/container')).toMatchObject({
      mounts: [{ target }, {}, {}],
    });
  });

  it('takes every prop', () => {
    const { stack, secrets } = testStack();
    new PostgresDatabase(stack, 'database', {
      name: 'todos',
      secrets,
      database: 'app',
      adminUser: 'admin',
      port: 15432,
      user: '70:70',
      memory: 2048,
      cpus: 0.5,
      sessionMegabytes: 256,
      sharedBuffersMegabytes: 512,
      temporaryFilesMegabytes: 100,
      maxProcesses: 200,
      shmSize: 256,
      logDriver: 'journald',
      network: 'platform',
      labels: { team: 'blue', 'secured-postgrest.name': 'other' },
    });
    const { block, paths } = synth(stack);
    expect(paths('docker_network')).toEqual([]);
    const container = block('docker_container', 'database/container');
    expect(container).toMatchObject({
      networks_advanced: [{ name: 'platform' }],
      user: '70:70',
      memory: 2048,
      cpu_quota: 50_000,
      ulimit: [
        { name: 'nproc', soft: 200, hard: 200 },
        { name: 'data', soft: 268_435_456, hard: 268_435_456 },
      ],
      shm_size: 256,
      log_driver: 'journald',
      log_opts: {},
      ports: [{ external: 15432 }],
      labels: [
        { label: 'team', value: 'blue' },
        { label: 'secured-postgrest.name', value: 'todos' },
        { label: 'secured-postgrest.certificate' },
        { label: 'secured-postgrest.cpus', value: '0.5' },
        { label: 'secured-postgrest.deployment', value: secrets.identity },
      ],
    });
    expect(container.command).toEqual(
      expect.arrayContaining(['shared_buffers=512MB', 'maintenance_work_mem=128MB', 'temp_file_limit=100MB']),
    );
    expect(container.env).toContain('POSTGRES_DB=app');
    expect(container.env).toContain('POSTGRES_USER=admin');
  });

  it.each([
    { port: 0 },
    { port: 70000 },
    { port: 1.5 },
    { memory: -1 },
    { memory: 512 },
    { memory: 3000.5 },
    { memory: Number.NaN },
    { sessionMegabytes: 127 },
    { sessionMegabytes: 128.5 },
    { sharedBuffersMegabytes: 0 },
    { sharedBuffersMegabytes: 4096, memory: 4096 },
    { temporaryFilesMegabytes: -1 },
    { shmSize: 0 },
    { cpus: 0 },
    { cpus: Number.NaN },
    { cpus: Number.POSITIVE_INFINITY },
    { maxProcesses: 0 },
    { user: 'root' },
    { user: '0:0' },
    { user: '999' },
    { image: 'postgres:latest' },
    { image: 'postgres:18.4', version: '17' },
  ])('refuses %j', (props) => {
    const { stack, secrets } = testStack();
    expect(() => new PostgresDatabase(stack, 'database', { name: 'todos', secrets, ...props })).toThrowError(
      expect.objectContaining({ code: 'invalid_prop' }),
    );
  });
});

describe('PostgresDatabase.fromExisting', () => {
  const attributes: ExistingPostgresDatabaseAttributes = {
    host: 'db.example.org',
    database: 'todos',
    adminUser: 'todos_admin',
    adminPasswordFile: '/run/secrets/admin',
  };

  it('makes nothing', () => {
    const { stack } = testStack();
    const database = PostgresDatabase.fromExisting(stack, 'database', attributes);
    expect(database).toMatchObject({
      host: 'db.example.org',
      port: 5432,
      internalHost: 'db.example.org',
      internalPort: 5432,
      sslmode: 'require',
      adminPassword: { path: '/run/secrets/admin' },
      identity: 'db.example.org:5432/todos',
      waitFor: [],
    });
    expect(database.network).toBeUndefined();
    expect(synth(stack).paths('docker_container')).toEqual([]);
  });

  it('needs no TLS on the machine itself', () => {
    const { stack } = testStack();
    const existing = { ...attributes, host: 'localhost', internalHost: 'host.docker.internal' };
    expect(PostgresDatabase.fromExisting(stack, 'database', existing).sslmode).toBe('disable');
  });

  it('refuses to verify a certificate with nothing', () => {
    const { stack } = testStack();
    expect(() =>
      PostgresDatabase.fromExisting(stack, 'database', { ...attributes, sslmode: 'verify-full' }),
    ).toThrowError(/stack\/database\.sslmode: "verify-full".*sslRootCertificateFile.*\[invalid_prop\]/);
  });

  it('refuses a loopback address for the servers', () => {
    const { stack } = testStack();
    expect(() => PostgresDatabase.fromExisting(stack, 'database', { ...attributes, host: '127.0.0.1' })).toThrowError(
      /stack\/database\.internalHost: "127\.0\.0\.1".*host\.docker\.internal.*\[invalid_prop\]/,
    );
  });
});
