import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TerraformStack } from 'cdktf';
import { describe, expect, it } from 'vitest';
import { NGINX_IMAGE, PostgresDatabase, SecuredPostgrest } from '../../../constructs/index.ts';
import { AccessStack, addStacks, ApiStack, DatabaseStack } from '../../../stacks/index.ts';
import { refusal } from '../../support/errors.ts';
import { synth, testApp, testDeclaration, testStack } from '../../support/synth.ts';

describe('addStacks', () => {
  it('adds three stacks that are named after the declaration, each after the one before', () => {
    const { app, secrets } = testApp();
    const { database, access, api } = addStacks(app, testDeclaration(), { secrets });
    const ids = (stacks: readonly { node: { id: string } }[]) => stacks.map(({ node }) => node.id);
    const names = ['todos-database', 'todos-access', 'todos-api'];
    expect(ids(app.node.children)).toEqual(names);
    expect(ids([database, access, api])).toEqual(names);
    synth(api);
    expect(ids(database.dependencies)).toEqual([]);
    expect(ids(access.dependencies)).toEqual(['todos-database']);
    expect(ids(api.dependencies)).toContain('todos-access');
    expect(api.api).toBeInstanceOf(SecuredPostgrest);
    expect(api.api.url).toBe('http://127.0.0.1:3000');
  });

  it('gives each stack its options', () => {
    const { app, secrets } = testApp();
    const image = 'registry.example/postgrest:v16.2';
    const { database, access, api } = addStacks(app, testDeclaration(), {
      secrets,
      database: { port: 5433, cpus: 3 },
      api: { image, port: 8080, servers: 2, connectionLimit: 40 },
    });
    expect(synth(database).block('docker_container', 'database/container')).toMatchObject({
      ports: [{ external: 5433 }],
    });
    const { block } = synth(access);
    expect(block('docker_image', 'server-image/image')).toMatchObject({ name: image });
    expect(block('postgresql_role', 'access/roles/authenticator')).toMatchObject({ connection_limit: 40 });
    expect(synth(api).block('docker_container', 'api/server/api-2')).toMatchObject({
      image,
      ports: [{ external: 8081 }],
    });
    expect(api.api.urls).toEqual(['http://127.0.0.1:8080', 'http://127.0.0.1:8081']);
  });

  it('behind a gateway, starts another server before it ends the one before', () => {
    const { app, secrets } = testApp();
    const { api } = addStacks(app, testDeclaration(), { secrets, api: { servers: 2 }, gateway: {} });
    const { block } = synth(api);
    const reference = (n: number) => `\\$\\{docker_container\\.api_server_api-${n}-start-first_[0-9A-F]{8}\\.name\\}`;
    expect(block('docker_container', 'api/server/api-1-start-first')).toMatchObject({
      name: 'todos-api-1-${substr(uuid(), 0, 8)}',
      ports: [{ internal: 3000, ip: '127.0.0.1' }],
      lifecycle: { create_before_destroy: true, ignore_changes: ['name', 'ports'] },
      // A server that had a port of its own is another one, although Terraform does not compare ports.
      labels: expect.arrayContaining([{ label: 'secured-postgrest.published', value: '127.0.0.1' }]) as unknown,
    });
    const [{ content }] = block('docker_container', 'api/gateway/servers/writer')['upload'] as [{ content: string }];
    for (const n of [1, 2]) expect(content).toMatch(new RegExp(`server "${reference(n)}:3000" resolve `));
    for (const id of ['server/ready-start-first', 'gateway/taken']) {
      expect(block('terraform_data', `api/${id}`)).toMatchObject({ lifecycle: { create_before_destroy: true } });
    }
    // It keeps its port, and cannot be created before the one before it has ended.
    expect(block('docker_container', 'api/gateway/container')['lifecycle']).toBeUndefined();
    expect(block('docker_container', 'api/gateway/container')['name']).toBe('todos-gateway');
  });

  it('has servers in one stack with their database or access SQL keep to the order of Terraform, also behind a gateway', () => {
    const { stack, secrets } = testStack();
    const declaration = testDeclaration();
    const database = new PostgresDatabase(stack, 'database', { name: 'todos', secrets });
    new SecuredPostgrest(stack, 'api', { declaration, database, secrets, gateway: {} });
    const { text, block } = synth(stack);
    expect(text).not.toContain('create_before_destroy');
    expect(block('docker_container', 'api/server/api-1')).toMatchObject({
      name: 'todos-api-1',
      ports: [{ external: 3000 }],
    });
  });

  it('reckons with twice as many connections behind a gateway', () => {
    const { app, secrets } = testApp();
    const make = () => addStacks(app, testDeclaration(), { secrets, api: { servers: 5 }, gateway: {} });
    expect(refusal(make)).toMatchObject({
      code: 'invalid_prop',
      problem: expect.stringContaining('110 connections while they are replaced') as unknown,
    });
  });

  it('pulls the images of a gateway in the stack before it', () => {
    const { app, secrets } = testApp();
    const opener = 'registry.example/token-service:1';
    const { access } = addStacks(app, testDeclaration({ tokens: { encryption: 'accepted' } }), {
      secrets,
      gateway: { tokenOpener: { image: opener } },
    });
    const { block } = synth(access);
    expect(block('docker_image', 'gateway-image/image')).toMatchObject({ name: NGINX_IMAGE, keep_locally: true });
    expect(block('docker_image', 'token-opener-image/image')).toMatchObject({ name: opener });
  });

  it('warns of no advisory that the declaration accepts, unless the database has a list of its own', () => {
    const warnings = (acceptedAdvisories?: string[]) => {
      const { app, secrets } = testApp();
      const declaration = testDeclaration({ acceptedAdvisories: ['CVE-2026-6460'] });
      const { database } = addStacks(app, declaration, {
        secrets,
        database: { image: 'postgres:18.0', ...(acceptedAdvisories && { acceptedAdvisories }) },
      });
      return database.node.findAll().flatMap(({ node }) => node.metadata.map(({ data }) => String(data)));
    };
    expect(warnings([]).join()).toContain('CVE-2026-6460');
    expect(warnings().join()).not.toContain('CVE-2026-6460');
  });

  it('writes three stacks and their secrets', () => {
    const { app, secrets, directory } = testApp();
    addStacks(app, testDeclaration(), { secrets });
    app.synth();
    for (const stack of ['todos-database', 'todos-access', 'todos-api'])
      expect(existsSync(join(directory, 'cdktf.out/stacks', stack, 'cdk.tf.json')), stack).toBe(true);
    expect(existsSync(join(secrets.path, 'admin-password'))).toBe(true);
  });
});

it('the three stacks are stacks of the installed family, and can be added one by one', () => {
  const { app, secrets } = testApp();
  const declaration = testDeclaration();
  const { database } = new DatabaseStack(app, 'data', { name: 'todos', secrets });
  const { access } = new AccessStack(app, 'roles', { declaration, database, secrets });
  const api = new ApiStack(app, 'servers', { declaration, database, access, secrets });
  expect(app.node.children.every((stack) => TerraformStack.isStack(stack))).toBe(true);
  expect(Object.keys(synth(api).block('docker_container', 'api/server/api-1'))).toContain('image');
  expect(api.toTerraform()).toHaveProperty('output.roles.value', ['anon', 'member']);
});
