import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ForwardedPorts } from '../../../../cli/deploy/kubernetes/forwarded-ports.ts';
import { type RenewedFiles, untilFirstKey, withRenewedFiles } from '../../../../cli/deploy/kubernetes/renewed-files.ts';
import { rejection } from '../../../support/errors.ts';
import { provideKubectl } from '../../../support/kubectl.ts';

const OPTIONS = { namespace: 'shop', selector: 'app=todos', files: 'abc' };

const pod = (name: string, phase: string, ready: 'True' | 'False', deleted = false) => ({
  metadata: { name, ...(deleted && { deletionTimestamp: '2026-11-27T00:00:00Z' }) },
  status: { phase, conditions: [{ type: 'Ready', status: ready }] },
});

const clusterOf = (...items: readonly object[]) =>
  provideKubectl([
    ['annotate pods', 'annotated'],
    ['get pods', { items }],
  ]);

async function askedOf(options: RenewedFiles): Promise<string[]> {
  const asked: string[] = [];
  await withRenewedFiles(options, (pods) =>
    Promise.resolve(void asked.push(...pods.map(({ metadata }) => metadata.name))),
  );
  return asked;
}

it('asks all pods that run, also one that is not ready at the moment', async () => {
  clusterOf(
    pod('ready', 'Running', 'True'),
    pod('overloaded', 'Running', 'False'),
    pod('waiting', 'Pending', 'False'),
    pod('ending', 'Running', 'True', true),
  );
  expect(await askedOf(OPTIONS)).toEqual(['ready', 'overloaded']);
});

it('asks only pods that are ready before a rollout, and there may be none', async () => {
  clusterOf(pod('ready', 'Running', 'True'), pod('failing', 'Running', 'False'));
  expect(await askedOf({ ...OPTIONS, readyOnly: true })).toEqual(['ready']);
  provideKubectl([
    ['annotate pods', 'error: No resources found'],
    ['get pods', { items: [] }],
  ]);
  expect(await askedOf({ ...OPTIONS, readyOnly: true })).toEqual([]);
});

it('fails at once where this user may not annotate pods, and says what is missing', async () => {
  const complaint =
    'error: pods "a" is forbidden: User "b" cannot patch resource "pods" in API group "" in the namespace "shop"';
  provideKubectl([['annotate', complaint]]);
  expect(await rejection(withRenewedFiles(OPTIONS, vi.fn()))).toMatchObject({
    code: 'cluster_failed',
    problem: 'this user may not patch pods',
    fix: "add to this user's Role: - { apiGroups: [''], resources: [pods], verbs: [patch] }",
  });
  provideKubectl([['annotate', 'error: admission webhook "policy.example.org" denied the request']]);
  expect((await rejection(withRenewedFiles(OPTIONS, vi.fn()))).problem).toContain('denied the request');
});

it('takes it for no failure that a pod has ended', async () => {
  provideKubectl([
    ['annotate', 'error: Error from server (NotFound): pods "gone" not found'],
    ['get pods', { items: [pod('ready', 'Running', 'True')] }],
  ]);
  expect(await askedOf(OPTIONS)).toEqual(['ready']);
});

it('does not take it for an answer that nobody is there', async () => {
  clusterOf(pod('waiting', 'Pending', 'False'));
  const ask = vi.fn(() => Promise.resolve());
  const { code, problem } = await rejection(withRenewedFiles(OPTIONS, ask));
  expect([code, problem]).toEqual(['cluster_failed', 'none runs that could be asked']);
  expect(ask).not.toHaveBeenCalled();
});

it('reaches the ports of pods at the same time', async () => {
  const server = createServer((_, response) => response.end('{"keys":[{"kid":"new"}]}')).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const directory = mkdtempSync(join(tmpdir(), 'kubectl-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  // Each waits until four have begun.
  const script = `#!/bin/sh
touch ${directory}/begun.$$
until [ $(ls ${directory}/begun.* | wc -l) -ge 4 ]; do sleep 0.05; done
echo "Forwarding from 127.0.0.1:${(server.address() as AddressInfo).port} -> 8090"
exec sleep 600
`;
  writeFileSync(join(directory, 'kubectl'), script, { mode: 0o755 });
  vi.stubEnv('PATH', `${directory}:${process.env['PATH']}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const pods = Array.from({ length: 12 }, (_, n) => pod(`todos-${n}`, 'Running', 'True'));
  {
    await using ports = new ForwardedPorts({ namespace: 'shop' }, 5000);
    await untilFirstKey(pods, ports, '8090/jwks=new', 20);
  }
  expect(readdirSync(directory).length).toBe(1 + pods.length);
});

it('does not wait for ever for the port of a pod', async () => {
  provideKubectl([]);
  const directory = mkdtempSync(join(tmpdir(), 'kubectl-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'kubectl');
  writeFileSync(path, '#!/bin/sh\nexec sleep 600\n');
  chmodSync(path, 0o755);
  vi.stubEnv('PATH', `${directory}:${process.env['PATH']}`);
  await using ports = new ForwardedPorts({ namespace: 'shop' }, 100);
  const { code, problem } = await rejection(ports.urlOf('todos-1', 3000));
  expect([code, problem]).toEqual(['cluster_failed', 'port 3000 cannot be reached (it did not answer in time)']);
});
