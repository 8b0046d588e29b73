import type pg from 'pg';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { statementsOf } from './statements.ts';

const statement = statementsOf('postgres/session');

/** A busy pool may give a client its backend back by chance, but not each time. */
const ATTEMPTS = 10;

/**
 * Rejects a pooler that changes the backend between two transactions: locks and settings of the session would stay with a
 * backend that other clients use next. Changes nothing.
 *
 * @param client the session; idle
 * @param pid its backend
 * @param open connects a second time, and gives up soon
 * @throws SecuredPostgrestError `transaction_pooler`
 */
export async function refuseTransactionPooler(
  place: string,
  client: pg.Client,
  pid: number,
  open: () => Promise<pg.Client>,
): Promise<void> {
  // Postgres itself names the backend when a session begins; a pooler names an id of its own.
  if ((client as pg.Client & { readonly processID?: number }).processID === pid) return;
  const other = await open().catch(() => undefined);
  try {
    // In session mode, a pool of one backend has none left for the second client.
    const isWaiting = other && (await backendOf(other).catch(() => undefined)) === undefined;
    // The client twice in a row: of two backends in turn, each of two clients would always get its own.
    const turns = [...(other && !isWaiting ? [other] : []), client, client];
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      for (const turn of turns) {
        if (((await backendOf(turn)) === pid) !== (turn === client)) refuseShared(place);
      }
    }
  } finally {
    await other?.end();
  }
}

function refuseShared(place: string): never {
  refuse(
    'transaction_pooler',
    place,
    'a pooler changes the backend between transactions, so that locks and settings would reach other clients',
    'use session mode or a direct connection',
  );
}

async function backendOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>(statement('read_backend'));
  return rows[0]!.pid;
}
