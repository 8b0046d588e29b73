import { DockerProvider } from '@cdktf/provider-docker/lib/provider/index.js';
import { expect, it } from 'vitest';
import { PostgresDatabase } from '../../../../constructs/index.ts';
import { synth, testStack } from '../../../support/synth.ts';

it('the wait of a deploy asks the engine that the provider is configured with', () => {
  const { stack, secrets } = testStack();
  const dockerProvider = new DockerProvider(stack, 'remote', {
    host: 'tcp://engine.example.org:2376',
    certPath: '/etc/engine',
  });
  new PostgresDatabase(stack, 'database', { name: 'todos', secrets, dockerProvider });
  expect(synth(stack).block('terraform_data', 'database/ready')).toMatchObject({
    provisioner: [
      {
        'local-exec': {
          command: expect.stringMatching(
            / --docker-host tcp:\/\/engine\.example\.org:2376 --docker-certificates \/etc\/engine$/,
          ) as string,
        },
      },
    ],
  });
});
