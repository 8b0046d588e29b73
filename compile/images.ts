import { newestVersion } from '../declaration/releases/releases.ts';
import type { Declaration } from '../declaration/types.ts';

/** The image of the database unless another one is given. */
export const POSTGRES_IMAGE = `postgres:${newestVersion('PostgreSQL')}`;

/** The image that runs a declaration's servers unless another one is given. */
export function postgrestImage(declaration: Declaration): string {
  return `postgrest/postgrest:v${declaration.server.version}`;
}

/** The version that an image's tag names, such as `18.4` of `postgres:18.4-alpine`; undefined where it names none. */
export function imageVersion(image: string): string | undefined {
  return /:v?(\d+(?:\.\d+)*)(?:-[\w.-]+)?(?:@|$)/.exec(image)?.[1];
}
