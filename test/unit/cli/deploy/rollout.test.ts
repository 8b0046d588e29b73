import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { untilRolledOut } from '../../../../cli/deploy/kubernetes/rollout.ts';
import { rejection } from '../../../support/errors.ts';
import { type Answers, provideKubectl } from '../../../support/kubectl.ts';

const SECRET = 'a password of more than sixteen characters';

const deployment = (status: object) => ({
  metadata: { generation: 2 },
  spec: { replicas: 2, selector: { matchLabels: { app: 'todos' } } },
  status: { observedGeneration: 2, ...status },
});
const TODOS = { namespace: 'shop', deployment: 'todos', least: 2, timeout: 60, hide: [] };
const DONE = { replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

const pod = (name: string, status: object, deleted = false) => ({
  metadata: { name, ...(deleted && { deletionTimestamp: '2026-11-27T00:00:00Z' }) },
  status,
});
const WAITING = {
  conditions: [{ type: 'Ready', status: 'False' }],
  initContainerStatuses: [
    {
      ...{ name: 'api', ready: false, restartCount: 3 },
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
    },
  ],
  containerStatuses: [{ name: 'gateway', ready: true, restartCount: 0, state: { running: {} } }],
};
const UNSCHEDULED = {
  conditions: [
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/2 nodes: too little cpu' },
  ],
};

async function rollOut(answers: Answers, least = 2): Promise<{ error?: string; printed: string[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'rollout-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'password'), SECRET);
  provideKubectl(answers);
  const print = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  onTestFinished(() => print.mockRestore());
  const done = untilRolledOut({ ...TODOS, least, timeout: 0.1, hide: [directory] });
  const error = await done.then(
    () => undefined,
    (reason: Error) => reason.message,
  );
  return { ...(error !== undefined && { error }), printed: print.mock.calls.map(([line]) => String(line)) };
}

it('ends when all pods are new and ready', async () => {
  expect(await rollOut([['get deployment todos', deployment(DONE)]])).toEqual({ printed: [] });
});

it.each([
  ['the cluster has not taken note of the change', { ...DONE, observedGeneration: 1 }],
  ['1 of 2 pods are new', { ...DONE, updatedReplicas: 1 }],
  ['1 old pods have not ended', { ...DONE, replicas: 3 }],
  ['1 of 2 pods are ready', { ...DONE, availableReplicas: 1 }],
])('says that %s', async (missing, status) => {
  const { error } = await rollOut([
    ['get deployment todos', deployment(status)],
    ['get pods', { items: [] }],
  ]);
  expect(error).toBe(
    `deployment shop/todos: after 0.1 s ${missing}; the pods from before go on serving; correct what the pods say, and deploy again [server_not_ready]`,
  );
});

it('shows what the failing pods say, without secrets', async () => {
  const items = [pod('todos-1', WAITING), pod('todos-2', UNSCHEDULED), pod('todos-3', WAITING, true)];
  const { printed } = await rollOut([
    ['get deployment todos', deployment({ ...DONE, availableReplicas: 0 })],
    ['get pods --selector app=todos', { items }],
    [
      'logs todos-1 --container api',
      `started\nthe password ${SECRET} is wrong, try 1\nthe password ${SECRET} is wrong, try 2\n`,
    ],
  ]);
  expect(printed).toEqual([
    'todos-1 | pod todos-1: container api is waiting, CrashLoopBackOff, back-off 40s, started again 3 times',
    'todos-1/api | started',
    expect.stringMatching(/^todos-1\/api \| the password .+ is wrong, try 2$/),
    'todos-2 | pod todos-2: no node takes it: Unschedulable 0/2 nodes: too little cpu',
  ]);
  expect(printed.join()).not.toContain(SECRET);
});

it('waits until an autoscaler has asked for as many pods as there have to be', async () => {
  const answers: Answers = [
    ['get deployment', deployment(DONE)],
    ['get pods', { items: [] }],
  ];
  const { error } = await rollOut(answers, 3);
  expect(error).toContain('the autoscaler has asked for 2 pods, and not for 3');
  const more = deployment({ replicas: 3, updatedReplicas: 3, availableReplicas: 3 });
  const scaled = { ...more, spec: { ...more.spec, replicas: 3 } };
  provideKubectl([['get deployment', [deployment(DONE), scaled]]]);
  await untilRolledOut({ ...TODOS, least: 3 });
});

it('asks again where the cluster does not answer for a while', async () => {
  provideKubectl([['get deployment', ['error: connection refused', deployment(DONE)]]]);
  await untilRolledOut(TODOS);
});

it('says when the cluster does not answer within the time', async () => {
  const { error } = await rollOut([['get', 'error: no such host']]);
  expect(error).toContain(
    'deployment shop/todos: after 0.1 s the cluster does not tell its state (error: no such host)',
  );
});

it('does not wait where this user may not ask', async () => {
  const complaint =
    'error: deployments.apps "todos" is forbidden: User "deployer" cannot get resource "deployments" in API group "apps" in the namespace "shop"';
  provideKubectl([['get', complaint]]);
  expect(await rejection(untilRolledOut(TODOS))).toMatchObject({
    code: 'cluster_failed',
    problem: 'this user may not get deployments',
    fix: "add to this user's Role: - { apiGroups: ['apps'], resources: [deployments], verbs: [get] }",
  });
});
