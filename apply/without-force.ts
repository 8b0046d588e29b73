import type { QualifiedName } from '../declaration/types.ts';
import { runMigrations } from './migrations.ts';
import type { PendingMigration } from './read-migrations.ts';
import { planForce, planNoForce } from './plan/plan.ts';
import { runSteps } from './run-steps.ts';
import type { Session } from './session.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/statements');

/** Runs migrations that may change data, inside a transaction that begins with NO FORCE and ends with FORCE. */
export async function runWithoutForce(session: Session, migrations: readonly PendingMigration[]): Promise<void> {
  if (migrations.length === 0) return;
  const { client, declaration, scope } = session;
  const { rows: forced } = await client.query<QualifiedName & { oid: number }>(
    statement('forced_tables', { schemas: scope.schemas, owner: declaration.owner }),
  );
  await runSteps(session, planNoForce(forced));
  await runMigrations(session, migrations);
  if (forced.length === 0) return;
  // By OID: a migration may rename a table.
  const { rows: unforced } = await client.query<QualifiedName>(statement('unforced_tables'), [
    forced.map(({ oid }) => oid),
  ]);
  await runSteps(session, planForce(unforced));
}
