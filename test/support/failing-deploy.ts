import { expect } from 'vitest';
import type { Deployment } from './deployment.ts';
import { ask, pollDuring, type Probe } from './poll.ts';
import type { Run } from './run-program.ts';

/** Puts rows of two users into a deployed todos API; answers clients that ask for them, as nobody and as one of the users. */
export async function fillTodos(todos: Deployment): Promise<[anonymous: Probe, user: Probe]> {
  await todos.sql(`INSERT INTO api.todos (user_id, title, done, public)
    VALUES (1, 'buy milk', false, false), (1, 'water the plants', true, true), (2, 'call the bank', false, false)`);
  const url = `${todos.url}/todos?select=id,title&order=id`;
  return [
    { name: 'anonymous', url },
    { name: 'user 1', url, token: await todos.tokenFor('todos_user', { user_id: 1 }) },
  ];
}

/** A deploy that fails, with clients that see the same answers before, during and after. */
export async function failingDeploy(
  deployment: Deployment,
  probes: readonly Probe[],
  deploy = () => deployment.tryDeploy(),
): Promise<Run> {
  const before = await Promise.all(probes.map(ask));
  expect(before[0]).toMatch(/^200 \[\{/);
  const { run, answers } = await watchFailingDeploy(probes, deploy());
  probes.forEach(({ name }, index) => expect(answers[index], name).toEqual([before[index]]));
  return run;
}

/** A deploy that fails, and what each client was answered meanwhile. */
export async function watchFailingDeploy(
  probes: readonly Probe[],
  deploy: Promise<Run>,
): Promise<{ run: Run; answers: string[][] }> {
  const { result: run, answers } = await pollDuring(probes, deploy);
  expect(run.status, run.output).not.toBe(0);
  return { run, answers: probes.map(({ name }) => [...answers.get(name)!.keys()]) };
}
