import { createHash } from 'node:crypto';

const PREFIX = 'secured-postgrest ';

/**
 * Computes a fingerprint of a definition: of the declared statement, and of what Postgres stores for it. A deploy
 * records it in the object's comment, so that the next one sees a change on either side without running anything.
 */
export function fingerprint(declared: string, stored: string): string {
  return (
    PREFIX +
    createHash('sha256')
      .update(JSON.stringify([declared, stored]))
      .digest('hex')
      .slice(0, 32)
  );
}

/** Tests if a comment has a fingerprint, as those of the package's own objects do. */
export function hasFingerprint(comment: string): boolean {
  return comment.startsWith(PREFIX);
}
