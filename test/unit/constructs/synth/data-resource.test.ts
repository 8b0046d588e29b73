import { Testing, TerraformStack } from 'cdktf';
import { afterEach, expect, it, vi } from 'vitest';
import { dataResource } from '../../../../constructs/synth/data-resource.ts';

const DATA = 'terraform_data';

afterEach(() => vi.unstubAllEnvs());

function stackWith(add: (stack: TerraformStack) => unknown): TerraformStack {
  const stack = new TerraformStack(Testing.app(), 'stack');
  add(stack);
  return stack;
}

it('is a resource of Terraform itself, and starts no program', () => {
  vi.stubEnv('PATH', '/nowhere');
  const provisioners = [{ type: 'local-exec' as const, command: 'true' }];
  const stack = stackWith((scope) => dataResource(scope, 'step', { triggersReplace: { a: 'b' }, provisioners }));
  expect(() => stack.runAllValidations()).not.toThrow();
  const { resource } = JSON.parse(Testing.synth(stack)) as { resource: Record<string, Record<string, object>> };
  expect(resource[DATA]!['step']).toMatchObject({
    triggers_replace: { a: 'b' },
    provisioner: [{ 'local-exec': { command: 'true' } }],
  });
});

it('has the validations that are added to it', () => {
  const stack = stackWith((scope) => dataResource(scope, 'step', {}).node.addValidation({ validate: () => ['wrong'] }));
  expect(() => stack.runAllValidations()).toThrow('wrong');
});
