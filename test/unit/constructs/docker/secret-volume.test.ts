import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SecretFile, SecretVolume } from '../../../../constructs/index.ts';
import { synth, testStack } from '../../../support/synth.ts';

it('fills a named volume through a container that never runs', () => {
  const { stack, directory } = testStack();
  const secret = new SecretFile(join(directory, 'token'));
  writeFileSync(secret.path, 'very-secret');
  const volume = new SecretVolume(stack, 'keys', {
    name: 'todos',
    volumeName: 'todos-keys',
    secret,
    fingerprint: 'abc',
    fileName: 'jwks.json',
    image: 'some/image:v1',
  });
  const { block, text } = synth(stack);
  expect(block('docker_volume', 'keys/volume')).toMatchObject({
    name: 'todos-keys',
    labels: [{ label: 'secured-postgrest.name', value: 'todos' }],
  });
  expect(block('docker_container', 'keys/writer')).toEqual({
    name: 'todos-keys-writer-${substr(uuid(), 0, 8)}',
    lifecycle: { ignore_changes: ['name'] },
    image: 'some/image:v1',
    start: false,
    must_run: false,
    user: '65534:65534',
    network_mode: 'none',
    capabilities: { drop: ['ALL'] },
    security_opts: ['no-new-privileges:true'],
    mounts: [
      {
        type: 'volume',
        source: expect.stringMatching(/^\$\{docker_volume\..*\.name\}$/) as unknown,
        target: '/secret',
      },
    ],
    upload: [{ source: '../../../token', source_hash: 'abc', file: '/secret/jwks.json', permissions: '0444' }],
    labels: [{ label: 'secured-postgrest.name', value: 'todos' }],
    depends_on: [],
    provider: 'docker',
  });
  expect(volume.mountedAt('/etc/keys')).toEqual({
    type: 'volume',
    source: 'todos-keys',
    target: '/etc/keys',
    readOnly: true,
  });
  expect(text).not.toContain('very-secret');
});
