import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DatabaseRoles, SecretFile } from '../../../constructs/index.ts';
import { synth, testDeclaration, testProvider, testStack } from '../../support/synth.ts';

const unprivileged = {
  superuser: false,
  create_role: false,
  create_database: false,
  replication: false,
  bypass_row_level_security: false,
};

it('makes the owner, the roles of requests and the authenticator, one after the other', () => {
  const { stack, secrets } = testStack();
  const declaration = testDeclaration({
    roles: {
      anonymous: 'anon',
      users: [{ name: 'chief', inherits: ['member'], statementTimeoutMs: 9000 }, 'member'],
    },
  });
  const roles = new DatabaseRoles(stack, 'roles', { declaration, secrets, provider: testProvider(stack) });
  const { block, dependencies, paths, text } = synth(stack);
  const order = ['owner', 'anon', 'member', 'chief', 'authenticator'].map((id) => `roles/${id}`);
  expect(paths('postgresql_role').sort()).toEqual([...order].sort());
  order.forEach((path, n) => {
    expect(block('postgresql_role', path)).toMatchObject(unprivileged);
    expect(dependencies('postgresql_role', path)).toEqual(order.slice(n - 1, n));
  });
  expect(block('postgresql_role', 'roles/owner')).toMatchObject({ name: 'todos_owner', login: false });
  expect(block('postgresql_role', 'roles/anon')).toMatchObject({ login: false, roles: [], statement_timeout: 5000 });
  expect(block('postgresql_role', 'roles/chief')).toMatchObject({
    login: false,
    inherit: true,
    roles: ['member'],
    statement_timeout: 9000,
  });
  expect(block('postgresql_role', 'roles/authenticator')).toMatchObject({
    name: 'todos_authenticator',
    login: true,
    inherit: false,
    roles: ['anon', 'chief', 'member'],
    password_wo: '${file("../../../secrets/authenticator-verifier")}',
    password_wo_version: secrets.fingerprint(secrets.authenticator.password),
  });
  expect(roles.requestRoles).toEqual(['anon', 'chief', 'member']);
  for (const secret of [secrets.authenticator.password, new SecretFile(join(secrets.path, 'authenticator-verifier'))]) {
    expect(text).not.toContain(readFileSync(secret.path, 'utf8'));
  }
});

it('leaves out the anonymous role where there is none, and limits connections when asked to', () => {
  const { stack, secrets } = testStack();
  const declaration = testDeclaration({ roles: { users: ['member'] } });
  new DatabaseRoles(stack, 'roles', { declaration, secrets, provider: testProvider(stack), connectionLimit: 20 });
  const { block, paths } = synth(stack);
  expect(paths('postgresql_role').sort()).toEqual(['roles/authenticator', 'roles/member', 'roles/owner']);
  expect(block('postgresql_role', 'roles/authenticator')).toMatchObject({ roles: ['member'], connection_limit: 20 });
});
