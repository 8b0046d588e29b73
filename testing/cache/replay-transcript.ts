import type pg from 'pg';

/**
 * Error of a replay: the database differs from the one that the transcript is of, and may now have a part of its
 * objects.
 */
export class ReplayFailed extends Error {}

/** Sends a database what a run sent to an equal one. */
export async function replayTranscript(client: pg.ClientBase, messages: readonly string[]): Promise<void> {
  for (const message of messages) {
    await client.query(message).catch((error: unknown) => {
      throw new ReplayFailed('a cached transcript cannot be replayed', { cause: error });
    });
  }
}
