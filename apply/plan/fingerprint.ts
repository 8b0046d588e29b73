import { createHash } from 'node:crypto';

const MARK = 'secured-postgrest ';

/**
 * Says in an object's comment from which statement it was made and what Postgres made of it, so that a change on either
 * side is seen without running anything.
 */
export function mark(desired: string, actual: string): string {
  return (
    MARK +
    createHash('sha256')
      .update(JSON.stringify([desired, actual]))
      .digest('hex')
      .slice(0, 32)
  );
}

/** Tests if an object is one of ours, by its comment. */
export function isMarked(comment: string): boolean {
  return comment.startsWith(MARK);
}
