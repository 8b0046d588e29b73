import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Fields of a `package.json`; the bindings of a provider name the provider. */
interface Manifest {
  readonly version: string;
  readonly cdktn?: Bindings;
  readonly cdktf?: Bindings;
}

interface Bindings {
  readonly provider: { readonly name: string; readonly version: string };
}

/** `package.json` of a package as Node finds it from the current directory; undefined where it is not installed. */
export function installedManifest(name: string): Manifest | undefined {
  const directories = createRequire(join(process.cwd(), 'package.json')).resolve.paths(name) ?? [];
  for (const directory of directories) {
    try {
      return JSON.parse(readFileSync(join(directory, name, 'package.json'), 'utf8')) as Manifest;
    } catch {
      // The next one up.
    }
  }
  return undefined;
}

/** `cdktn` or `cdktf`: the family that the constructs run on. */
export function installedFamily(): 'cdktn' | 'cdktf' {
  return installedManifest('@cdktn/provider-docker') || !installedManifest('cdktf') ? 'cdktn' : 'cdktf';
}
