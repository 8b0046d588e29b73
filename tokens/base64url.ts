/** Strictly, as PostgREST reads it: the unused bits of the last character are 0 (RFC 4648, 3.5). */
export function isBase64url(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}
