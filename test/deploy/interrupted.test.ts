import { afterAll, beforeAll, expect, it } from 'vitest';
import { Deployment } from '../support/deployment.ts';
import { fillTodos } from '../support/failing-deploy.ts';
import { ask, type Probe } from '../support/poll.ts';

let todos: Deployment;
let probes: Probe[];

beforeAll(async () => {
  todos = await Deployment.of('todos');
  await todos.deploy();
  probes = await fillTodos(todos);
});

afterAll(() => todos.remove());

it('a deploy that is interrupted in a migration ends it at once, and the next one finishes', async () => {
  const before = await Promise.all(probes.map(ask));
  todos.add('migrations/002_slow.sql', 'CREATE TABLE slow ();\nSELECT pg_sleep(600);\n');
  const sleeping = () => todos.sql(`SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'`);
  let interrupted: Promise<void> | undefined;
  const run = await todos.tryDeploy({}, (output, pid) => {
    if (!/sql_applied\S+: Provisioning/.test(output)) return;
    interrupted ??= expect
      .poll(sleeping)
      .toHaveLength(1)
      .then(() => void process.kill(pid, 'SIGINT'));
  });
  await interrupted;
  expect(run.output).toContain('Interrupt received');
  await expect.poll(sleeping, { timeout: 60_000 }).toEqual([]);
  expect(await Promise.all(probes.map(ask))).toEqual(before);
  todos.add('migrations/002_slow.sql', 'CREATE TABLE slow ();\n');
  await todos.deploy();
  expect(await Promise.all(probes.map(ask))).toEqual(before);
});
