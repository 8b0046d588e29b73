import type pg from 'pg';
import type { Declaration, QualifiedName } from '../declaration/types.ts';
import { ownSchemas } from '../compile/catalog-scope.ts';
import { runMigrations, type PendingMigration } from './migrations.ts';
import { planForce, planLift } from './plan/plan.ts';
import { runSteps } from './run-steps.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/statements');

/** Runs migrations that may change data, inside a transaction: FORCE is lifted for them, and back before it ends. */
export async function runLifted(
  client: pg.ClientBase,
  declaration: Declaration,
  migrations: readonly PendingMigration[],
): Promise<void> {
  if (migrations.length === 0) return;
  const { owner } = declaration;
  const { rows: forced } = await client.query<QualifiedName & { oid: number }>(
    statement('forced_tables', { schemas: ownSchemas(declaration), owner }),
  );
  await runSteps(client, declaration, planLift(forced));
  await runMigrations(client, declaration, migrations);
  if (forced.length === 0) return;
  // By number: a migration may give another name.
  const { rows: lifted } = await client.query<QualifiedName>(statement('lifted_tables'), [
    forced.map(({ oid }) => oid),
  ]);
  await runSteps(client, declaration, planForce(lifted));
}
