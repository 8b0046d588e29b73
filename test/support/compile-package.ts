import { build } from 'esbuild';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { rooms } from '../../scripts/rooms.mjs';
import { root } from './checkout.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Directory with this package, compiled, the examples, and programs of tests. */
    compiledPackage: string;
  }
}

/**
 * Compiles this package before the tests. A program takes three times the CPU time to start from the sources, and tests start
 * many: a deploy alone starts the app and up to five commands of this package.
 */
export default async function compilePackage(project: TestProject): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), 'compiled package '));
  // Tests also run programs as another user.
  chmodSync(directory, 0o755);
  const dist = join(directory, 'dist');
  const { outputFiles } = await build({
    entryPoints: [join(root, 'index.ts'), ...[...rooms, 'examples', 'test'].flatMap(programsIn)],
    outdir: dist,
    outbase: root,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    write: false,
  });
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replace(/(\b(?:from|import) ?\(?")(\.{1,2}\/[^"\n]*)\.ts"/g, '$1$2.js"'));
  }
  for (const folder of ['sql', 'examples', 'explorer', 'testing'])
    cpSync(join(root, folder), join(dist, folder), { recursive: true, filter: (path) => !path.endsWith('.ts') });
  cpSync(join(root, 'package.json'), join(directory, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  project.provide('compiledPackage', directory);
  return () => rmSync(directory, { recursive: true });
}

function programsIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(d|test)\.ts$/.test(file))
    .map((file) => join(root, folder, file));
}
