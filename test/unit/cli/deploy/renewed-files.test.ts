import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ForwardedPorts } from '../../../../cli/deploy/kubernetes/forwarded-ports.ts';
import { withRenewedFiles } from '../../../../cli/deploy/kubernetes/renewed-files.ts';
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

it('asks all pods that run, also one that is not ready at the moment', async () => {
  clusterOf(
    pod('ready', 'Running', 'True'),
    pod('overloaded', 'Running', 'False'),
    pod('waiting', 'Pending', 'False'),
    pod('ending', 'Running', 'True', true),
  );
  const asked: string[] = [];
  await withRenewedFiles(OPTIONS, (pods) => Promise.resolve(void asked.push(...pods)));
  expect(asked).toEqual(['ready', 'overloaded']);
});

it('does not take it for an answer that nobody is there', async () => {
  clusterOf(pod('waiting', 'Pending', 'False'));
  const ask = vi.fn(() => Promise.resolve());
  const { code, problem } = await rejection(withRenewedFiles(OPTIONS, ask));
  expect([code, problem]).toEqual(['cluster_failed', 'none runs that could be asked']);
  expect(ask).not.toHaveBeenCalled();
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
