import type pg from 'pg';

/** SQL that a session sent, to replay it in an equal database. */
export interface StatementLog {
  /** Lists every message without parameters, in order. Undefined if one of them failed. */
  messages(): readonly string[] | undefined;
}

/** Records what a client sends from now on. Messages with parameters are left out: a run only reads with them. */
export function recordStatements(client: pg.Client): StatementLog {
  const query = client.query.bind(client) as (text: string, values?: unknown[]) => Promise<unknown>;
  const messages: string[] = [];
  let failed = false;
  const recorded = async (text: string, values?: unknown[]) => {
    if (values === undefined) messages.push(text);
    try {
      return await query(text, values);
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  client.query = recorded as typeof client.query;
  return { messages: () => (failed ? undefined : messages) };
}
