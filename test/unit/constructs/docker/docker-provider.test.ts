import { DockerProvider } from '@cdktf/provider-docker/lib/provider/index.js';
import { expect, it } from 'vitest';
import { dockerProvider } from '../../../../constructs/docker/docker-provider.ts';
import { testStack } from '../../../support/synth.ts';

it('takes the given provider, else the one of the stack, else makes one', () => {
  const { stack } = testStack();
  const made = dockerProvider(stack);
  expect(dockerProvider(stack)).toBe(made);
  const other = new DockerProvider(stack, 'other', { alias: 'other' });
  expect(dockerProvider(stack)).toBe(made);
  expect(dockerProvider(stack, other)).toBe(other);
});

it('takes a provider with an alias where there is no other', () => {
  const { stack } = testStack();
  const only = new DockerProvider(stack, 'only', { alias: 'only' });
  expect(dockerProvider(stack)).toBe(only);
});
