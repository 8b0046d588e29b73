import { expect, it } from 'vitest';
import { KeySet, PostgresDatabase } from '../../../constructs/index.ts';
import { synth, testDeclaration, testStack } from '../../support/synth.ts';

it('writes the keys when the access SQL has succeeded', () => {
  const { stack, secrets } = testStack();
  const database = new PostgresDatabase(stack, 'database', { name: 'todos', secrets });
  const declaration = testDeclaration();
  const keys = new KeySet(stack, 'keys', {
    declaration,
    secrets,
    image: 'postgrest/postgrest:v16.2',
    dependsOn: database.waitFor,
  });
  const { block, dependencies } = synth(stack);
  const fingerprint = secrets.fingerprint(keys.jwksFile);
  const writer = block('docker_container', 'keys/volume/writer');
  expect(writer).toMatchObject({ upload: [{ source: '../../../secrets/jwks.json', source_hash: fingerprint }] });
  expect(dependencies('docker_container', 'keys/volume/writer')).toEqual(['database/ready']);
});
