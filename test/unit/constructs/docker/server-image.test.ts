import { expect, it } from 'vitest';
import { ServerImage } from '../../../../constructs/index.ts';
import { newestVersion } from '../../../../declaration/releases/releases.ts';
import { notes } from '../../../support/notes.ts';
import { synth, testStack } from '../../../support/synth.ts';

it.each([
  [undefined, `postgrest/postgrest:v${newestVersion('PostgREST')}`],
  ['mirror.example/postgrest:v12.0.2', 'mirror.example/postgrest:v12.0.2'],
])('has the engine pull image %s as %s, and leaves it there', (image, name) => {
  const { stack } = testStack();
  new ServerImage(stack, 'server-image', { declaration: notes('notes'), ...(image && { image }) });
  expect(synth(stack).block('docker_image', 'server-image/image')).toMatchObject({ name, keep_locally: true });
});
