import type { QualifiedName } from '../declaration/types.ts';
import { runMigrations, type PendingMigration } from './migrations.ts';
import { planForce, planLift } from './plan/plan.ts';
import { runSteps } from './run-steps.ts';
import type { Session } from './session.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/statements');

/** Runs migrations that may change data, inside a transaction: FORCE is lifted for them, and back before it ends. */
export async function runLifted(session: Session, migrations: readonly PendingMigration[]): Promise<void> {
  if (migrations.length === 0) return;
  const { client, declaration, scope } = session;
  const { rows: forced } = await client.query<QualifiedName & { oid: number }>(
    statement('forced_tables', { schemas: scope.schemas, owner: declaration.owner }),
  );
  await runSteps(session, planLift(forced));
  await runMigrations(session, migrations);
  if (forced.length === 0) return;
  // By number: a migration may give another name.
  const { rows: lifted } = await client.query<QualifiedName>(statement('lifted_tables'), [
    forced.map(({ oid }) => oid),
  ]);
  await runSteps(session, planForce(lifted));
}
