import type pg from 'pg';
import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import { readAnywhere } from '../../audit/anywhere/read-anywhere.ts';
import { declaredScope } from '../../audit/declared-scope.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import { withClient } from '../../postgres/with-client.ts';
import type { AccessDiff } from '../diff/access-diff.ts';
import { declaredPreRequest } from '../diff/declared-pre-request.ts';
import { diffAccess } from '../diff/diff-access.ts';
import { logicOf } from '../diff/logic.ts';
import { replayRows } from '../diff/replay-rows.ts';
import { tokenAnswers } from '../diff/token-answers.ts';
import type { Solver } from './solver.ts';

/** A database that is compared with its declaration. */
export interface DeclaredDatabase {
  readonly declaration: Declaration;
  readonly audited: Anywhere;
  /** Superuser of the database, to send requests with. @default none: what differs is not replayed */
  readonly connection?: DatabaseConnection | undefined;
  /** Superuser of a database that was made from the declaration. */
  readonly declared: DatabaseConnection;
  readonly solver: Solver;
}

/**
 * Compares each role's access by each command with the declared access. `same` is proven for all rows and tokens. Grants count
 * by which no policy lets a row be reached, since one more policy would open them.
 */
export async function compareWithDeclared(compared: DeclaredDatabase): Promise<AccessDiff> {
  const { declaration, audited, connection, declared, solver } = compared;
  const preRequest = declaredPreRequest(declaration);
  const anywhere = await withClient(declared, (client) => readAnywhere(client, declaredScope(declaration)));
  const side = (name: string, one: Anywhere, own: DatabaseConnection | undefined) => ({
    name,
    anywhere: one,
    preRequest,
    ...(connection && own && { answers: () => answersOf(own, declaration) }),
  });
  const before = side('declared', anywhere, declared);
  const after = side('database', audited, connection);
  const diff = await diffAccess(before, after, { compareRows: logicOf(solver), everyGrant: true });
  if (!connection) return diff;
  return replayRows(diff, { ...before, connection: declared }, { ...after, connection });
}

function answersOf(connection: DatabaseConnection, declaration: Declaration) {
  return withClient(connection, (client) => inTransaction(client, () => tokenAnswers(client, declaration)));
}

async function inTransaction<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    return await work();
  } finally {
    await client.query('ROLLBACK');
  }
}
