import type pg from 'pg';

/** SQL that a session sent, to repeat it in an equal database. */
export interface Transcript {
  /** Every message without parameters, in order; nothing of a session in which one has failed. */
  messages(): readonly string[] | undefined;
}

/** Notes what is asked of a client from now on. Messages with parameters are left out: the runner only reads with them. */
export function transcribe(client: pg.Client): Transcript {
  const query = client.query.bind(client) as (text: string, values?: unknown[]) => Promise<unknown>;
  const messages: string[] = [];
  let sound = true;
  const noted = async (text: string, values?: unknown[]) => {
    if (values === undefined) messages.push(text);
    try {
      return await query(text, values);
    } catch (error) {
      sound = false;
      throw error;
    }
  };
  client.query = noted as typeof client.query;
  return { messages: () => (sound ? messages : undefined) };
}
