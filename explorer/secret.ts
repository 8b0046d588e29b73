import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * The header that shows the right to use an explorer. A cookie would go to every port of 127.0.0.1, so also to servers of
 * other users.
 */
export const SECRET_HEADER = 'explorer-secret';

/** A secret for one run, of 256 bits. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Tests if a request carries the secret exactly once. The time of the comparison reveals nothing about the secret. */
export function hasSecret({ headersDistinct }: IncomingMessage, secret: string): boolean {
  const [given, ...others] = headersDistinct[SECRET_HEADER] ?? [];
  return given !== undefined && others.length === 0 && timingSafeEqual(digest(given), digest(secret));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
