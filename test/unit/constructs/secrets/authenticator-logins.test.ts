import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { verifierMatches } from '../../../../postgres/scram-verifier.ts';
import type { SecretFile } from '../../../../constructs/index.ts';
import { DatabaseRoles } from '../../../../constructs/index.ts';
import { synth, testDeclaration, testProvider, testSecrets, testStack } from '../../../support/synth.ts';

const read = ({ path }: SecretFile) => readFileSync(path, 'utf8');

it('changes over to the other login with each rotation that was deployed', () => {
  const { authenticator } = testSecrets();
  const names = () => authenticator.all('todos_authenticator').map(({ role, inUse }) => [role, inUse]);
  const passwords = [read(authenticator.password)];
  expect(names()).toEqual([['todos_authenticator', true]]);
  for (const inUse of [2, 1, 2]) {
    authenticator.rotate();
    passwords.push(read(authenticator.password));
    expect(names()).toEqual([
      ['todos_authenticator', inUse === 1],
      ['todos_authenticator_2', inUse === 2],
    ]);
    for (const { password, verifier, inUse } of authenticator.all('todos_authenticator')) {
      expect(verifierMatches(read(verifier), read(password))).toBe(inUse);
      expect([password, verifier].map(({ path }) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
    }
    expect(() => authenticator.rotate()).toThrow(expect.objectContaining({ code: 'password_not_deployed' }));
    authenticator.deployed();
  }
  expect(new Set(passwords).size).toBe(4);
});

it('leaves what the database knows of the login before as it is, until a deploy has ended', () => {
  const secrets = testSecrets();
  const before = secrets.authenticator.all('todos_authenticator')[0]!;
  const version = secrets.fingerprint(before.password);
  secrets.authenticator.rotate();
  const [first, second] = secrets.authenticator.all('todos_authenticator');
  expect(secrets.fingerprint(first!.password)).toBe(version);
  expect(second!.inUse).toBe(true);
});

it('has nothing to rotate before the first deploy', () => {
  expect(() => testSecrets().authenticator.rotate()).toThrow(expect.objectContaining({ code: 'unreadable_secret' }));
});

it('has a verifier for the second login where a rotation was cut off', () => {
  const secrets = testSecrets();
  void secrets.authenticator.password;
  writeFileSync(join(secrets.path, 'authenticator-2-password'), 'cut off', { mode: 0o600 });
  const second = secrets.authenticator.all('todos_authenticator')[1]!;
  expect(second.inUse).toBe(false);
  expect(verifierMatches(read(second.verifier), 'cut off')).toBe(false);
});

it('is a second role, which can become the first one only', () => {
  const { stack, secrets } = testStack();
  void secrets.authenticator.password;
  secrets.authenticator.rotate();
  const provider = testProvider(stack);
  const roles = new DatabaseRoles(stack, 'roles', { declaration: testDeclaration(), secrets, provider });
  const { block, dependencies } = synth(stack);
  expect(block('postgresql_role', 'roles/authenticator-2')).toMatchObject({
    name: 'todos_authenticator_2',
    login: true,
    inherit: true,
    superuser: false,
    create_role: false,
    bypass_row_level_security: false,
    roles: ['todos_authenticator'],
    password_wo: '${file("../../../secrets/authenticator-2-verifier")}',
  });
  expect(dependencies('postgresql_role', 'roles/authenticator-2')).toEqual(['roles/authenticator']);
  expect(roles.waitFor).toHaveLength(1);
});
