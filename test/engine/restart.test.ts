import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deployment, docker, touched } from '../support/deployment.ts';
import { postgresImage, postgrestImage } from '../support/images.ts';
import { OwnEngine } from '../support/own-engine.ts';
import { type Answers, ask, pollDuring, type Probe } from '../support/poll.ts';

const engine = new OwnEngine();
let todos: Deployment;
let probes: Probe[];

beforeAll(async () => {
  await engine.create();
  engine.load(postgresImage, postgrestImage);
  process.env['DOCKER_HOST'] = engine.host;
  todos = await Deployment.of('todos');
  await todos.deploy();
  await todos.sql(`INSERT INTO api.todos (user_id, title, public) VALUES (1, 'mine', false), (2, 'shown', true)`);
  const path = '/todos?select=title&order=title';
  probes = [
    { name: 'anonymous', url: `${todos.url}${path}` },
    { name: 'user 1', url: `${todos.url}${path}`, token: await todos.tokenFor('todos_user', { user_id: 1 }) },
    { name: 'withheld column', url: `${todos.url}/todos?select=user_id` },
    // Addresses of this machine that others may reach.
    ...Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => ({ name: address, url: `http://${address}:${todos.apiPort}${path}` })),
  ];
});

afterAll(async () => {
  try {
    if (!engine.runs) await engine.start();
    await todos?.remove();
  } finally {
    await engine.remove();
  }
});

const answersNow = () => Promise.all(probes.map(ask));

/** How containers run and where they are reached, without what an engine notes down otherwise when it starts again. */
const confinement = () =>
  docker(
    'inspect',
    '--format',
    '{{.State.Status}} {{.Config.User}} {{with .HostConfig}}{{.ReadonlyRootfs}} {{.Privileged}} {{.CapAdd}} {{.CapDrop}} {{.SecurityOpt}} {{.Memory}} {{json .Mounts}}{{end}} {{with .NetworkSettings}}{{json .Ports}}{{range $name, $_ := .Networks}} {{$name}}{{end}}{{end}}',
    'todos-postgres',
    'todos-api-1',
  );

/** An engine that is killed stops what survived it when it starts again, and some leave that so. */
const restarts = [
  { signal: 'SIGTERM', how: 'stopped', repair: 'by itself', recover: () => untilAnswersAre(before) },
  { signal: 'SIGKILL', how: 'killed', repair: 'with a plain deploy', recover: () => todos.deploy() },
] as const;

let before: string[];

async function untilAnswersAre(expected: readonly string[]): Promise<void> {
  const deadline = Date.now() + 120_000;
  while ((await answersNow()).join() !== expected.join()) {
    if (Date.now() > deadline) throw new Error(`still other answers: ${(await answersNow()).join('; ')}`);
    await delay(100);
  }
}

describe.each(restarts)('an engine that was $how and starts again', ({ signal, repair, recover }) => {
  let confined: string;
  let seen: Map<string, Answers>;

  beforeAll(async () => {
    // Committed just before: it has to be there afterwards.
    await todos.sql(`INSERT INTO api.todos (user_id, title, public) VALUES (1, 'before ${signal}', false)`);
    before = await answersNow();
    confined = confinement();
    const restart = async () => {
      await engine.stop(signal);
      await engine.start();
      await recover();
    };
    seen = (await pollDuring(probes, restart())).answers;
  });

  it(`has the API answer again ${repair}, with all its rows`, async () => {
    expect(before[1]).toContain(`{"title":"before ${signal}"}`);
    await untilAnswersAre(before);
  });

  it('shows nobody anything else meanwhile', () => {
    probes.forEach(({ name }, index) => {
      const answers = seen.get(name)!;
      const others = [...answers.keys()].filter(
        (answer) => answer !== before[index] && !/^(closed$|503 )/.test(answer),
      );
      expect(others, name).toEqual([]);
      expect(answers.has('closed'), name).toBe(true);
    });
  });

  it('confines the containers as before', () => {
    expect(confinement()).toBe(confined);
  });

  it('leaves the next deploy nothing to do', async () => {
    expect(touched(await todos.deploy())).toEqual([]);
    expect(await answersNow()).toEqual(before);
  });
});
