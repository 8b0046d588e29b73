import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { waitUntilReady, type WaitOptions } from '../../../../cli/deploy/wait.ts';
import { run } from '../../../support/run-cli.ts';

const server = createServer();

afterEach(() => {
  server.removeAllListeners('request');
  server.close();
});

async function listen(answer: RequestListener): Promise<string> {
  server.on('request', answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Outcome {
  /** Lines that were printed. */
  readonly printed: readonly string[];
  /** Message of the error, where it ended with one. */
  readonly error?: string;
}

async function wait(options: Partial<WaitOptions>): Promise<Outcome> {
  const print = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const printed = () => print.mock.calls.map(([line]) => String(line));
  try {
    await waitUntilReady({ timeout: 0.3, ...options });
    return { printed: printed() };
  } catch (error) {
    return { printed: printed(), error: (error as Error).message };
  } finally {
    print.mockRestore();
  }
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'wait-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

const running = { Status: 'running', ExitCode: 0, OOMKilled: false };

/**
 * A `docker` command on the PATH, of an engine that answers thus.
 *
 * @param state the state of a container, as `docker inspect` has it, and how often it was restarted. With each question, there
 *   is another restart where the state is `restarting`.
 */
function engine(state: object, log = ''): void {
  const directory = temporaryDirectory();
  const answer = JSON.stringify(JSON.stringify(state));
  writeFileSync(join(directory, 'log'), log);
  writeFileSync(
    join(directory, 'docker'),
    `#!/bin/sh
case "$*" in
*logs*) cat '${directory}/log' >&2 ;;
*) echo x >>'${directory}/asked'; printf '[%s,%d]' ${answer} "$(wc -l <'${directory}/asked')" ;;
esac
`,
  );
  chmodSync(join(directory, 'docker'), 0o755);
  onPath(directory);
}

function onPath(directory: string): void {
  const { PATH } = process.env;
  process.env['PATH'] = `${directory}${delimiter}${PATH}`;
  onTestFinished(() => void (process.env['PATH'] = PATH));
}

const container = 'todos-api-1';

it('takes a refused request for an answer', async () => {
  const url = await listen((_, response) => response.writeHead(401).end());
  expect(await wait({ url })).toEqual({ printed: [] });
});

it('is a command, which ends with the error', async () => {
  const url = await listen((request) => request.socket.destroy());
  const { code, stderr } = await run('wait', '--timeout', '0.3', '--url', url);
  expect(code).toBe(1);
  expect(stderr).toContain(`secured-postgrest: ${url}: after 0.3 s the server does not answer (UND_ERR_SOCKET)`);
});

it("passes on the server's reason, with the end of its container's log", async () => {
  const details =
    'connection to server at "todos-postgres", port 5432 failed: FATAL:  password authentication failed\n';
  const body = { code: 'PGRST000', details, hint: null, message: 'Database connection error.' };
  const url = await listen((_, response) => response.writeHead(503).end(JSON.stringify(body)));
  engine(running, 'first\nlast \u001b[31mline\n');
  expect(await wait({ url, container })).toEqual({
    printed: ['todos-api-1 | first', 'todos-api-1 | last  [31mline'],
    error:
      `${url}: after 0.3 s the server answers with status 503: ${body.message} ${details.trim()}; ` +
      'correct what its log says, or see more: docker logs todos-api-1 [server_not_ready]',
  });
});

it('passes on nothing of what others answer', async () => {
  const url = await listen((_, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'));
  const { error } = await wait({ url });
  expect(error).toContain(`${url}: after 0.3 s the server answers with status 502; look at the server's log`);
});

it.each([
  ['a healthy container', { ...running, Health: { Status: 'healthy', Log: null } }],
  ['a running container that has no health check', running],
])('ends with %s', async (_, state) => {
  const url = await listen((_request, response) => response.writeHead(200).end());
  engine(state);
  expect(await wait({ url, container })).toEqual({ printed: [] });
  expect(await wait({ container })).toEqual({ printed: [] });
});

it.each([
  [
    'is unhealthy',
    { ...running, Health: { Status: 'unhealthy', Log: [{ Output: 'earlier' }, { Output: 'ERROR: no such host\n' }] } },
    'after 0.3 s the engine says that the container is unhealthy: ERROR: no such host',
  ],
  [
    'is starting for too long',
    { ...running, Health: { Status: 'starting', Log: [] } },
    'after 0.3 s the engine says that the container is starting;',
  ],
  ['has ended', { ...running, Status: 'exited', ExitCode: 3 }, 'after 0.3 s the container is exited, with exit code 3'],
])('fails for a server that answers, and whose container %s', async (_, state, problem) => {
  const url = await listen((_request, response) => response.writeHead(200).end());
  engine(state, 'in its own words');
  expect(await wait({ url, container })).toEqual({
    printed: ['todos-api-1 | in its own words'],
    error: expect.stringContaining(`${url}: ${problem}`) as string,
  });
});

it.each([
  [{ Status: 'restarting', ExitCode: 1, OOMKilled: false }, 'with exit code 1'],
  [{ Status: 'restarting', ExitCode: 137, OOMKilled: true }, 'out of memory'],
])('does not wait for a server that ends again and again: %j', async (state, how) => {
  engine(state, 'FATAL: no');
  expect(await wait({ container, timeout: 600 })).toEqual({
    printed: ['todos-api-1 | FATAL: no'],
    error: expect.stringMatching(new RegExp(`^todos-api-1: the server has ended \\d+ times, ${how}`)) as string,
  });
});

it('shows what the log says once, and no requests', async () => {
  const error = (time: string) => `26/Nov/2026:05:06:${time} +0000: {"message":"Retrying."}\n`;
  const request = '172.28.0.1 - - [26/Nov/2026:05:06:03 +0000] "HEAD / HTTP/1.1" 503 119 "" "node"\n';
  engine({ ...running, Status: 'exited' }, `FATAL: no database\n${error('01')}${request}${error('02')}${request}`);
  const { printed } = await wait({ container });
  expect(printed).toEqual(['FATAL: no database', error('02').trim()].map((line) => `todos-api-1 | ${line}`));
});

it('shows no secret of the log', async () => {
  const secrets = temporaryDirectory();
  const pem = ['BEGIN', 'END'].map((edge) => `-----${edge} PRIVATE KEY-----\n`).join('MC4CAQAwBQYDK2VwBCIEIPj5\n');
  mkdirSync(join(secrets, 'keys'));
  writeFileSync(join(secrets, 'admin-password'), 'short\n');
  writeFileSync(join(secrets, 'server.pem'), pem);
  writeFileSync(join(secrets, 'keys', 'key.json'), JSON.stringify({ keys: [{ k: 'c2VjcmV0IGtleSB0ZXh0' }] }));
  engine(
    { ...running, Status: 'exited' },
    'password "short"\nkey c2VjcmV0IGtleSB0ZXh0\nMC4CAQAwBQYDK2VwBCIEIPj5\nplain\n',
  );
  const { printed } = await wait({ container, hide: [secrets, join(secrets, 'not-there')] });
  expect(printed).toEqual(
    ['password "[secret]"', 'key [secret]', '[secret]', 'plain'].map((line) => `todos-api-1 | ${line}`),
  );
});

it('names what is missing: something to wait for, a docker command', async () => {
  expect((await wait({})).error).toContain('wait: it is not said for what; give --url, --container or both');
  const { PATH } = process.env;
  process.env['PATH'] = temporaryDirectory();
  onTestFinished(() => void (process.env['PATH'] = PATH));
  expect((await wait({ container })).error).toMatch(/^docker: .*ENOENT.*\[engine_failed\]$/);
});

it.each(['foo', 'ftp://127.0.0.1', ':3000', ''])('does not wait for what is no address: %j', async (url) => {
  const { code, stderr } = await run('wait', '--url', url);
  expect(code).toBe(1);
  expect(stderr).toContain('write http://host:port, or https; ');
});
