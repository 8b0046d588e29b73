import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { resultLine } from '../../../cli/doctor/check-result.ts';
import { checkRunning } from '../../../cli/doctor/running.ts';

/** A `docker` command on the PATH that runs a script. */
function docker(script: string): void {
  const directory = mkdtempSync(join(tmpdir(), 'docker-'));
  writeFileSync(join(directory, 'docker'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, 'docker'), 0o755);
  vi.stubEnv('PATH', `${directory}${delimiter}${process.env['PATH']}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true });
  });
}

const running = () =>
  checkRunning([], [{ product: 'PostgREST', container: 'todos-api-1' }], ['PostgREST#5196']).map(resultLine);

it('reports the version of a running container', () => {
  docker('echo PostgREST 16.2');
  expect(running()).toEqual(['ok      running: todos-api-1 runs PostgREST 16.2']);
});

it.each([
  [
    'has no such program',
    'echo "OCI runtime exec failed: not found" >&2; exit 127',
    'OCI runtime exec failed: not found',
  ],
  ['may not run it', 'echo "permission denied" >&2; exit 126', 'permission denied'],
  ['prints something else', 'echo hello', 'hello'],
])('warns of a running container that %s', (_, script, reason) => {
  docker(script);
  expect(running()).toEqual([
    `warning running: the version of PostgREST in todos-api-1 cannot be read (${reason}); compare it with docs/versions.md`,
  ]);
});

it('says nothing of a container that does not run', () => {
  docker('echo "Error response from daemon: No such container: todos-api-1" >&2; exit 1');
  expect(running()).toEqual([]);
});
