import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { imageVersion } from '../../compile/images.ts';

const names = { ...parseEnv(readFileSync(new URL('images/names.env', import.meta.url), 'utf8')), ...process.env };

/** The image of PostgreSQL that the tests run: the environment's `POSTGRES_IMAGE`, or the one of `images/build.sh`. */
export const postgresImage = names.POSTGRES_IMAGE!;

/** The image of PostgREST that the tests run: the environment's `POSTGREST_IMAGE`, or the one of `images/build.sh`. */
export const postgrestImage = names.POSTGREST_IMAGE!;

/** Its version, as its tag names it. */
export const postgrestVersion = imageVersion(postgrestImage)!;

/** The image of the token service that the tests run: the environment's `TOKEN_SERVICE_IMAGE`, or the one of `images/build.sh`. */
export const tokenServiceImage = names.TOKEN_SERVICE_IMAGE!;

/** The newest PostgreSQL that `images/build.sh` builds. */
export const postgres18Image = names.POSTGRES_18_IMAGE!;

/** Images of later PostgREST versions; `images/build.sh` builds them where `postgrest-14` and `postgrest-16` are on the PATH. */
export const postgrest14Image = names.POSTGREST_14_IMAGE!;
export const postgrest16Image = names.POSTGREST_16_IMAGE!;

/** An image of nginx with curl, for the gateway. */
export const nginxImage = names.NGINX_IMAGE!;

/** An image with curl as its entry point. */
export const curlImage = names.CURL_IMAGE!;

/** Tests if the Docker engine has all of the images. */
export function hasImages(...images: string[]): boolean {
  return spawnSync('docker', ['image', 'inspect', ...images], { stdio: 'ignore' }).status === 0;
}

/** Whether a Docker engine answers and has both images. */
export function imagesAvailable(): boolean {
  return hasImages(postgresImage, postgrestImage);
}
