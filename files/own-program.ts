import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * The command that runs a program of this package, from the sources as well as from the built package.
 *
 * @param path without its extension, from the package's top: `cli/main`
 */
export function ownProgram(path: string): [node: string, ...arguments: string[]] {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const program = fileURLToPath(new URL(`../${path}.${extension}`, import.meta.url));
  if (extension === 'js') return [process.execPath, program];
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return [process.execPath, '--import', loader, program];
}
