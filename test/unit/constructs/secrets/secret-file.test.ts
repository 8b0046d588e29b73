import { join } from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SecretFile } from '../../../../constructs/index.ts';
import { refusal } from '../../../support/errors.ts';
import { temporaryDirectory, testStack } from '../../../support/synth.ts';

describe('SecretFile', () => {
  it('takes a relative path from the current directory', () => {
    expect(new SecretFile('admin-password').path).toBe(join(process.cwd(), 'admin-password'));
  });

  it('is relative to the directory of the stack, wherever the checkout is', () => {
    const { stack, directory } = testStack();
    expect(new SecretFile(join(directory, '.secrets/todos/x')).relativeTo(stack)).toBe('../../../.secrets/todos/x');
  });

  it('follows CDKTF_OUTDIR', () => {
    const directory = temporaryDirectory();
    vi.stubEnv('CDKTF_OUTDIR', join(directory, 'elsewhere'));
    onTestFinished(() => void vi.unstubAllEnvs());
    const stack = new TerraformStack(new App(), 'stack');
    expect(new SecretFile(join(directory, 'x')).relativeTo(stack)).toBe('../../../x');
  });

  it.each(['a ${path.cwd}', '%{if true}', '$${x}'])('is rejected below %s, which Terraform would fill in', (name) => {
    const { stack, directory } = testStack();
    const error = refusal(() => new SecretFile(join(directory, name, 'password')).relativeTo(stack));
    expect(error.code).toBe('invalid_prop');
    expect(error.message).toContain(`in "../../../${name}/password" as a template; rename it`);
  });

  it.each(['it\'s $x `id` "q" %y {z}', 'ä 文'])('may be below %s', (name) => {
    const { stack, directory } = testStack();
    expect(new SecretFile(join(directory, name, 'password')).relativeTo(stack)).toBe(`../../../${name}/password`);
  });
});
