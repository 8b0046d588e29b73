import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Construct } from 'constructs';
import { App, TerraformStack } from './cdk/core.ts';
import { addCustomSynthesis } from './cdk/synthesizer.ts';

/** A file, no secret, among what is synthesized. */
export interface SynthesizedFile {
  /** Path from the directory of the stack, where Terraform runs. */
  readonly file: string;
  /** Absolute path. */
  readonly path: string;
}

/** Has a file, no secret, written among what is synthesized. */
export function synthesizedFile(scope: Construct, name: string, content: string): SynthesizedFile {
  const stack = TerraformStack.of(scope);
  const file = join('assets', stack.getLogicalId(scope.node), name);
  addCustomSynthesis(scope, {
    onSynthesize: ({ outdir, manifest }) => {
      const path = join(outdir, manifest.forStack(stack).workingDirectory, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    },
  });
  return { file, path: resolve(App.of(scope).outdir, 'stacks', stack.node.id, file) };
}
