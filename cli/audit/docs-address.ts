import type { ownPackage } from '../own-package.ts';

/** Address of the documents of this version on GitHub; undefined where the package names no repository there. */
export function docsAddress({ repository, version }: typeof ownPackage): string | undefined {
  const url = typeof repository === 'string' ? repository : repository?.url;
  const path = /github(?:\.com[/:]|:)([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(url ?? '')?.[1];
  return path && `https://github.com/${path}/blob/v${version}/`;
}
