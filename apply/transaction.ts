import { inOneMessage, setRole } from './run-steps.ts';
import type { Session } from './session.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('postgres/session');

/** Runs a function in a transaction with the declaration's lock: only one run at a time is in such a transaction. */
export async function transaction<T>({ client, declaration }: Session, run: () => Promise<T>): Promise<T> {
  try {
    await client.query(inOneMessage(['BEGIN', statement('lock_transaction', { name: declaration.name })]));
    const result = await run();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query(inOneMessage(['ROLLBACK', setRole()])).catch(() => undefined);
    throw error;
  }
}
