import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RunningGateway } from '../../../../cli/deploy/running-gateway.ts';

let directory: string;
const path = (name: string) => join(directory, name);
const kept = () => readdirSync(directory).filter((name) => name.startsWith('leaving-'));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'running-gateway-'));
  // A reload replaces the process once its requests are finished.
  writeFileSync(
    path('docker'),
    `#!/bin/sh
case "$2" in
exec) shift 3; exec "$@" ;;
top) cat '${directory}/top' ;;
kill) [ ! -e '${directory}/finished' ] || echo '2 nginx: worker process' >'${directory}/top' ;;
esac
`,
  );
  chmodSync(path('docker'), 0o755);
  vi.stubEnv('PATH', `${directory}${delimiter}${process.env['PATH']}`);
  writeFileSync(path('top'), '1 nginx: worker process\n');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

const gateway = () =>
  new RunningGateway([], {
    container: 'todos-gateway',
    file: '/etc/gateway/configuration/nginx.conf',
    temporary: directory,
    status: 'http://127.0.0.1:1',
    configuration: '',
    servers: '',
    timeout: 0.3,
  });

it('leaves the wait for processes that know old servers to the next deploy when a deploy ends too early', async () => {
  await gateway().keepServers(new Map([['api', 'server todos-api-1:3000;']]));
  await expect(gateway().dropServers()).rejects.toThrow('nginx still gives requests to servers');
  expect(kept()).toEqual(['leaving-api.conf']);
  expect(readFileSync(path('leaving-api.conf'), 'utf8')).toBe('');
  writeFileSync(path('finished'), '');
  await gateway().dropServers();
  expect(kept()).toEqual([]);
});
