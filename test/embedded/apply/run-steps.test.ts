import { expect, it } from 'vitest';
import { connect } from '../../../postgres/connect.ts';
import type { Step } from '../../../apply/plan/step.ts';
import { runSteps } from '../../../apply/run-steps.ts';
import { sessionOf } from '../../../apply/session.ts';
import { useCluster } from '../../support/database.ts';
import { rejection } from '../../support/errors.ts';
import { notes } from '../../support/notes.ts';

const cluster = useCluster();

/** Runs statements as steps of one transaction, which is then rolled back. */
const run = (...statements: string[]) =>
  runAll(statements.map((sql, n): Step => ({ sql, as: 'admin', place: `step ${n + 1}` })));

async function runAll(steps: readonly Step[]): Promise<void> {
  const database = await cluster.database();
  const client = await connect(database.admin);
  try {
    await client.query('BEGIN');
    await runSteps(sessionOf(client, notes(database.name)), steps);
  } finally {
    await client.end();
  }
}

it('names the step of a batch that fails', async () => {
  const error = await rejection(run('SELECT 1 -- one', 'SELECT 2', 'SELECT nothing', 'SELECT 4'));
  expect(error.code).toBe('access_sql_failed');
  expect(error.message).toContain('step 3: column "nothing" does not exist');
});

it("gives Postgres' reason where the connection ends in a batch", async () => {
  const error = await rejection(run('SELECT 1', 'SELECT pg_terminate_backend(pg_backend_pid())', 'SELECT 3'));
  expect(error.code).toBe('access_sql_failed');
  expect(error.message).toMatch(/step 1 or one of the next 2 steps: terminating connection/);
});

it.each([
  ['user_id = \n', 'own.sql:1', 'syntax error at end of input'],
  ['relname =\n-- nothing\n\n\n', 'own.sql:2', 'syntax error at end of input'],
  ['true and\nuser_id = 1', 'own.sql:2', 'column "user_id" does not exist'],
  ['true\nfrom\n', 'own.sql:2', 'syntax error at or near "from"'],
])('names a line of the file where %j is no condition', async (sql, at, problem) => {
  const start = 'SELECT FROM pg_class WHERE (';
  const embedded = { source: { file: 'own.sql', sql }, offset: start.length };
  const error = await rejection(
    runAll([{ sql: `${start}${sql}\n) LIMIT 0`, as: 'admin', place: 'policies[1]', embedded }]),
  );
  expect(error.message).toBe(`${at} (policies[1]): ${problem}; correct it and try again [access_sql_failed]`);
});
