import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { root } from './checkout.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Directory with this package, compiled, the examples, and the app of test deployments. */
    compiledPackage: string;
  }
}

/**
 * Compiles this package before the tests of a project. A deploy starts the app and up to five commands of this package, each
 * of which takes twice the CPU time from the sources.
 */
export default function compilePackage(project: TestProject): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'compiled package '));
  const dist = join(directory, 'dist');
  const settings = join(root, 'test/support/tsconfig.compiled.json');
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '--project', settings, '--outDir', dist], { stdio: 'inherit' });
  for (const folder of ['sql', 'examples'])
    cpSync(join(root, folder), join(dist, folder), { recursive: true, filter: (path) => !path.endsWith('.ts') });
  cpSync(join(root, 'package.json'), join(directory, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  project.provide('compiledPackage', directory);
  return () => rmSync(directory, { recursive: true });
}
