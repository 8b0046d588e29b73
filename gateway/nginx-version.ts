/** nginx's version in the default image. */
export const NGINX_VERSION = '1.30.6';

/** The image of a gateway unless another one is given. */
export const NGINX_IMAGE = `nginxinc/nginx-unprivileged:${NGINX_VERSION}`;

/** Tests if a version of nginx is a given one or newer. */
export function isSince(version: string, nginxVersion = NGINX_VERSION): boolean {
  const [wanted, present] = [version, nginxVersion].map((text) => text.split('.').map(Number));
  for (const [index, number] of wanted!.entries()) {
    const difference = (present![index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
