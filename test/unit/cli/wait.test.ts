import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { run } from './run.ts';

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

function wait(url: string, ...options: string[]) {
  return run('wait', '--url', url, '--timeout', '1', ...options);
}

it('takes a refused request for an answer', async () => {
  const url = await listen((_, response) => response.writeHead(401).end());
  expect(await wait(url)).toEqual({ code: 0, stdout: '', stderr: '' });
});

it("passes on the server's reason, and names its container", async () => {
  const details =
    'connection to server at "todos-postgres", port 5432 failed: FATAL:  password authentication failed\n';
  const body = {
    code: 'PGRST000',
    details,
    hint: null,
    message: 'Database connection error. Retrying the connection.',
  };
  const url = await listen((_, response) => response.writeHead(503).end(JSON.stringify(body)));
  const { code, stderr } = await wait(url, '--container', 'todos-api-1');
  expect(code).toBe(1);
  expect(stderr).toBe(
    `secured-postgrest: ${url}: after 1 s the server answers with status 503: ${body.message} ${details.trim()}; ` +
      'run: docker logs todos-api-1 [server_not_ready]\n',
  );
});

it('passes on nothing of what others answer', async () => {
  const url = await listen((_, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'));
  const { stderr } = await wait(url);
  expect(stderr).toContain(`${url}: after 1 s the server answers with status 502; look at the server's log`);
});

it('says that nobody answers', async () => {
  const url = await listen((request) => request.socket.destroy());
  const { code, stderr } = await wait(url);
  expect(code).toBe(1);
  expect(stderr).toContain(`${url}: after 1 s the server does not answer (UND_ERR_SOCKET)`);
});
