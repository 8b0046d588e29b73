import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { checkEngine } from '../../cli/doctor/engine.ts';
import { startDockerBackend } from '../../testing/backends/docker/docker-backend.ts';
import { docker } from '../support/deployment.ts';
import { rejection } from '../support/errors.ts';

const CURRENT = 'unix:///nowhere/docker.sock';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'docker-config-'));
  vi.stubEnv('DOCKER_CONFIG', directory);
  for (const variable of ['DOCKER_HOST', 'DOCKER_CONTEXT']) vi.stubEnv(variable, undefined);
  docker('context', 'create', 'elsewhere', '--docker', `host=${CURRENT}`);
  docker('context', 'use', 'elsewhere');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

it('doctor warns where a current context leads test environments to another engine than deploys', async () => {
  const { results } = checkEngine();
  expect(results).toContainEqual({
    check: 'engine',
    level: 'warning',
    message: `the docker command and test environments use the context "elsewhere" at ${CURRENT}, and deploys use unix:///var/run/docker.sock`,
    fix: `for one engine, run: export DOCKER_HOST=${CURRENT}`,
  });
  expect((await rejection(startDockerBackend())).message).toContain(CURRENT);
});

it('deploys and test environments use one engine with the fix of doctor', async () => {
  vi.stubEnv('DOCKER_HOST', CURRENT);
  const { results } = checkEngine();
  expect(results).toEqual([
    expect.objectContaining({ level: 'problem', message: expect.stringContaining(CURRENT) as string }),
  ]);
  expect((await rejection(startDockerBackend())).message).toContain(CURRENT);
});
