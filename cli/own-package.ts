import { createRequire } from 'node:module';

interface OwnPackage {
  readonly name: string;
  readonly version: string;
  readonly repository?: string | { readonly url: string };
}

/** The package.json of this package, which asks for itself by name, so that this works in the sources and in dist. */
export const ownPackage = createRequire(import.meta.url)('cdktf-secured-postgrest/package.json') as OwnPackage;
