import { newestVersion } from '../declaration/releases/releases.ts';
import type { Declaration } from '../declaration/types.ts';

/** The image of the database unless another one is given. */
export const POSTGRES_IMAGE = `postgres:${newestVersion('PostgreSQL')}`;

/** The image that runs a declaration's servers unless another one is given. */
export function postgrestImage(declaration: Declaration): string {
  return `postgrest/postgrest:v${declaration.server.version}`;
}

/**
 * The version that an image's tag names, such as `18.4` of `postgres:18.4-alpine`, or `17` of `pgvector/pgvector:0.8.0-pg17`;
 * undefined if it names none. Major versions of both products have two digits: `1.0.3` and `20261126` are numbers of something
 * else, unless the image is named after the product. Pre-releases have no version that compares with releases.
 */
export function imageVersion(image: string): string | undefined {
  const tag = /:([\w.-]+)(?:@|$)/.exec(image)?.[1] ?? '';
  if (/-(?:alpha|beta|rc|pre|dev)(?![a-z])/.test(tag)) return undefined;
  const own = /^v?(\d{1,2}(?:\.\d+)*)(?:-|$)/.exec(tag)?.[1];
  if (own !== undefined && (/^\d\d/.test(own) || isNamedAfterProduct(image))) return own;
  return /(?:^|-)pg(\d\d(?:\.\d+)?)(?:-|$)/.exec(tag)?.[1];
}

/** True if an image is named like the product, whose tags are then versions of it. */
export function isNamedAfterProduct(image: string): boolean {
  return /(?:^|\/)(?:postgres|postgresql|postgrest)(?:[:@]|$)/.test(image);
}
