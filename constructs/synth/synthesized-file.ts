import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Construct } from 'constructs';
import { TerraformStack } from './cdk/core.ts';
import { addCustomSynthesis } from './cdk/synthesizer.ts';

/**
 * Has a file, no secret, written among what is synthesized.
 *
 * @returns its path from the directory of the stack, where Terraform runs
 */
export function synthesizedFile(scope: Construct, name: string, content: string): string {
  const file = join('assets', TerraformStack.of(scope).getLogicalId(scope.node), name);
  addCustomSynthesis(scope, {
    onSynthesize: ({ outdir, manifest }) => {
      const path = join(outdir, manifest.forStack(TerraformStack.of(scope)).workingDirectory, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    },
  });
  return file;
}
