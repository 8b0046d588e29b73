import type pg from 'pg';

/** Says that a database was not as the one of the transcript had been; what made it so may be there in part. */
export class Unrepeatable extends Error {}

/** Tells a database what another one was told. */
export async function repeatTranscript(client: pg.ClientBase, messages: readonly string[]): Promise<void> {
  for (const message of messages) {
    await client.query(message).catch((error: unknown) => {
      throw new Unrepeatable('a kept transcript can not be repeated', { cause: error });
    });
  }
}
