import { once } from 'node:events';
import { request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccessMatrix } from '../../../access/matrix.ts';
import { startExplorer } from '../../../explorer/explorer.ts';
import type { Spec } from '../../../explorer/narrow-spec.ts';
import { freePorts } from '../../../testing/servers/free-ports.ts';
import declaration from '../../../examples/todos/declaration.ts';
import { since13 } from '../../support/embedded-postgrest.ts';
import { rejection } from '../../support/errors.ts';
import { startTodosExplorer, type TodosExplorer } from '../../support/todos-explorer.ts';
import { isListening } from '../testing/traces.ts';

let todos: TodosExplorer;
let url: string;
let secret: string;

beforeAll(async () => {
  todos = await startTodosExplorer();
  ({ url, secret } = todos.explorer);
});
afterAll(() => todos.stop());

interface Answer {
  name: string;
  schemas: string[];
  identities: { role: string; claims: object; token?: string; curl: string }[];
}

const fetchWithSecret = (address: string, options: RequestInit & { headers?: Record<string, string> } = {}) =>
  fetch(address, { ...options, headers: { 'Explorer-Secret': secret, ...options.headers } });
const json = async <T>(response: Response) => (await response.json()) as T;
const identities = async () => json<Answer>(await fetchWithSecret(`${url}/identities`));
const token = async () => (await identities()).identities[1]!.token!;
const asUser = async () => ({ Authorization: `Bearer ${await token()}` });
const askToken = (body: unknown, headers: Record<string, string> = {}) =>
  fetchWithSecret(`${url}/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** Unlike `fetch`, says any Host. */
async function askWithout(path: string, headers: OutgoingHttpHeaders, method = 'GET') {
  const { port } = new URL(url);
  const outgoing = request({ host: '127.0.0.1', port, path, method, headers, agent: false }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const ask = (path: string, headers: OutgoingHttpHeaders, method?: string) =>
  askWithout(path, { 'Explorer-Secret': secret, ...headers }, method);

describe('the page', () => {
  it.each([
    ['/', 'text/html', '<!doctype html>'],
    ['/page.css', 'text/css', ':root'],
    ['/rows.css', 'text/css', '#rows'],
    ['/access.css', 'text/css', '#access'],
    ['/page.js', 'text/javascript', 'import'],
    ['/requests.js', 'text/javascript', 'SwaggerUIBundle'],
    ['/query.js', 'text/javascript', 'rowsPath'],
    ['/swagger-ui.css', 'text/css', '.swagger-ui'],
    ['/swagger-ui-bundle.js', 'text/javascript', 'SwaggerUIBundle'],
  ])('%s is there', async (path, type, content) => {
    const response = await fetch(`${url}${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toMatch(type);
    expect(await response.text()).toContain(content);
  });

  it.each([
    '/swagger-ui-bundle.js.map',
    '/swagger-initializer.js',
    '/package.json',
    '/page.html',
    '/query.d.ts',
    '/../explorer.ts',
    '/..%2fexplorer.ts',
    '/page.js/',
    '//page.js',
    '/apis',
  ])('%s is not', async (path) => {
    expect((await ask(path, { Host: new URL(url).host })).status).toBe(404);
  });

  it('loads nothing from elsewhere, in no frame, and tells nobody where it was', async () => {
    const { headers } = await fetch(url);
    const policy = headers.get('Content-Security-Policy')!.split('; ');
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ]),
    );
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('Referrer-Policy')).toBe('no-referrer');
  });

  it('is only read', async () => {
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  });
});

describe('identities', () => {
  it('are the roles with claims, a token and a curl line', async () => {
    const answer = await identities();
    expect(answer).toMatchObject({
      name: 'todos',
      schemas: ['api'],
      identities: [
        { role: 'todos_anon', claims: {}, curl: `curl '${todos.environment.url}/todos?select=id,title,done'` },
        { role: 'todos_user', claims: { user_id: 1 } },
      ],
    });
    const [anonymous, user] = answer.identities;
    expect(anonymous).not.toHaveProperty('token');
    expect(user!.curl).toBe(`curl ${todos.environment.url}/todos -H 'Authorization: Bearer ${user!.token}'`);
  });

  it('are not kept by a browser', async () => {
    for (const response of [
      await fetchWithSecret(`${url}/identities`),
      await askToken({ role: 'todos_user', claims: {} }),
      await fetchWithSecret(`${url}/openapi?role=todos_anon`),
    ]) {
      expect(response.status).toBe(200);
      expect(response.headers.get('Cache-Control')).toBe('no-store');
      expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull();
    }
  });
});

describe('a token', () => {
  it('has the claims that were asked for', async () => {
    const answer = await json<{ token: string; curl: string }>(
      await askToken({ role: 'todos_user', claims: { user_id: 2 } }),
    );
    expect(answer).toMatchObject({ role: 'todos_user', claims: { user_id: 2 } });
    expect(answer.curl).toContain(answer.token);
    const rows = await fetchWithSecret(`${url}/api/todos?select=title&order=id`, {
      headers: { Authorization: `Bearer ${answer.token}` },
    });
    expect(await rows.json()).toEqual([{ title: 'water the plants' }, { title: 'call the bank' }]);
  });

  it('lasts a day, or until the exp that was asked for', async () => {
    const expiryOf = async (claims: object) => {
      const { token } = await json<{ token: string }>(await askToken({ role: 'todos_user', claims }));
      return decodeJwt(token);
    };
    expect((await expiryOf({ exp: 4_000_000_000 })).exp).toBe(4_000_000_000);
    expect((await expiryOf({ exp: 1000 })).exp).toBe(1000);
    const { iat = 0, exp } = await expiryOf({});
    expect(exp).toBe(iat + 86_400);
  });

  it.each([
    ['no JSON', '{', /JSON/],
    ['no role', { claims: {} }, /name a role/],
    ['no claims', { role: 'todos_user' }, /claims are a JSON object/],
    ['a list of claims', { role: 'todos_user', claims: [1] }, /claims are a JSON object/],
    ['an exp that is no time', { role: 'todos_user', claims: { exp: 'soon' } }, /claims\.exp/],
    ['a rounded number', '{"role": "todos_user", "claims": {"user_id": 9007199254740993}}', /too large/],
    ['too much', { role: 'todos_user', claims: { text: 'x'.repeat(200_000) } }, /no more than/],
  ])('is refused for %s', async (_, body, message) => {
    const response = await askToken(body);
    expect(response.status).toBe(400);
    expect((await json<{ message: string }>(response)).message).toMatch(message);
  });

  it('is refused to a form', async () => {
    const response = await askToken('{"role":"todos_user","claims":{}}', { 'Content-Type': 'text/plain' });
    expect(response.status).toBe(400);
  });
});

const paths = [
  '/',
  '/page.js',
  '/identities',
  '/openapi?role=todos_user',
  '/access',
  '/changes?after=0',
  '/token',
  '/api/todos',
  '/missing',
];

describe('other names of this machine', () => {
  it.each(['rebound.example', 'rebound.example:80', '127.0.0.1', '127.0.0.1:1', '0.0.0.0', '[::1]'])(
    '"%s" gets nothing',
    async (host) => {
      for (const path of paths) expect((await ask(path, { Host: host })).status).toBe(421);
    },
  );

  it('localhost is one of its own', async () => {
    const { status } = await ask('/identities', { Host: `localhost:${new URL(url).port}` });
    expect(status).toBe(200);
  });
});

describe('pages of other sites', () => {
  const secret = paths.filter((path) => !['/', '/page.js'].includes(path));

  it.each([
    [{ 'Sec-Fetch-Site': 'cross-site' }],
    // Another port of this machine.
    [{ 'Sec-Fetch-Site': 'same-site' }],
    [{ Origin: 'https://elsewhere.example' }],
    [{ Origin: 'http://127.0.0.1:1' }],
    [{ Origin: 'null' }],
  ])('with %o get nothing', async (headers) => {
    const { host } = new URL(url);
    for (const path of secret) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const answer = await ask(path, { ...(headers as Record<string, string>), Host: host }, method);
        expect({ path, status: answer.status }).toEqual({ path, status: 403 });
        expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    }
  });

  it('may link to the page', async () => {
    expect((await ask('/', { Host: new URL(url).host, 'Sec-Fetch-Site': 'cross-site' })).status).toBe(200);
  });

  it('are not the page itself', async () => {
    const { host } = new URL(url);
    const headers = { Host: host, Origin: `http://${host}`, 'Sec-Fetch-Site': 'same-origin' };
    expect((await ask('/identities', headers)).status).toBe(200);
    // Typed into the address bar.
    expect((await ask('/identities', { Host: host, 'Sec-Fetch-Site': 'none' })).status).toBe(200);
  });
});

describe('other users of this machine', () => {
  const attempts: [string, () => OutgoingHttpHeaders][] = [
    ['without the secret', () => ({})],
    ['with an empty one', () => ({ 'Explorer-Secret': '' })],
    ['with the beginning', () => ({ 'Explorer-Secret': secret.slice(0, -1) })],
    ['with another end', () => ({ 'Explorer-Secret': secret.slice(0, -1) + (secret.endsWith('A') ? 'B' : 'A') })],
    ['with more', () => ({ 'Explorer-Secret': `${secret}A` })],
    ['in other letters', () => ({ 'Explorer-Secret': secret.toLowerCase() })],
    ['with a guess beside it', () => ({ 'Explorer-Secret': [secret, 'guess'] })],
    ['with one that was another run’s', () => ({ 'Explorer-Secret': another })],
    ['in a cookie', () => ({ Cookie: `secret=${secret}; explorer-secret=${secret}` })],
    ['as a bearer', () => ({ Authorization: `Bearer ${secret}` })],
  ];
  let another: string;
  beforeAll(async () => {
    await using explorer = await startExplorer({ ...never, apiUrl: url });
    another = explorer.secret;
  });

  it.each(attempts)('get neither tokens nor the API %s', async (_, headers) => {
    for (const path of [...paths.slice(2), `/identities?secret=${secret}`, '/api', '/api/../identities']) {
      for (const method of ['GET', 'POST', 'OPTIONS', 'HEAD']) {
        const answer = await askWithout(path, headers(), method);
        expect({ path, method, status: answer.status }).toEqual({ path, method, status: 401 });
        expect(answer.body).not.toMatch(/eyJ|todos/);
      }
    }
  });

  it('get a page that is the same in each run, and sets no cookie', async () => {
    await using explorer = await startExplorer({ ...never, apiUrl: url });
    for (const path of ['/', '/page.js', '/page.css']) {
      const [one, other] = [await fetch(`${url}${path}`), await fetch(`${explorer.url}${path}`)];
      const content = await one.text();
      expect(content).toBe(await other.text());
      expect(content).not.toContain(secret);
      expect(one.headers.getSetCookie()).toEqual([]);
    }
  });

  it('would have to guess 256 bits, which are in the link only, where no browser sends them', () => {
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(another).not.toBe(secret);
    expect(todos.explorer.link).toBe(`${url}/#secret=${secret}`);
  });
});

describe('the description', () => {
  const describeAs = async (role: string, headers: Record<string, string> = {}) =>
    json<Spec & { basePath: string; host?: string }>(await fetchWithSecret(`${url}/openapi?role=${role}`, { headers }));

  it('is what a user may do, with addresses of this origin', async () => {
    const spec = await describeAs('todos_user', await asUser());
    expect(spec.basePath).toBe('/api');
    expect(spec).not.toHaveProperty('host');
    expect(spec).not.toHaveProperty('schemes');
    expect(Object.keys(spec.paths['/todos']!).sort()).toEqual(['delete', 'get', 'patch', 'post']);
  });

  it('is less for those without a token', async () => {
    const spec = await describeAs('todos_anon');
    expect(Object.keys(spec.paths['/todos']!)).toEqual(['get']);
    expect(Object.keys(spec.definitions!['todos']!.properties!).sort()).toEqual(['done', 'id', 'title']);
  });

  it('is what the API says where it refuses', async () => {
    const response = await fetchWithSecret(`${url}/openapi?role=todos_user`, {
      headers: { Authorization: 'Bearer x' },
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'PGRST301' });
    const schema = await fetchWithSecret(`${url}/openapi?role=todos_anon&schema=other`);
    expect(schema.status).toBe(406);
  });
});

describe('the access matrix', () => {
  it('is measured when it is asked for', async () => {
    const matrix = await json<AccessMatrix>(await fetchWithSecret(`${url}/access`));
    expect(matrix.subjects).toEqual(['todos_anon', 'todos_user']);
    const [todosAccess] = matrix.relations;
    expect(todosAccess).toMatchObject({ schema: 'api', name: 'todos', rows: 3 });
  });
});

describe('a change', () => {
  const next = (after: number) => fetchWithSecret(`${url}/changes?after=${after}`).then(json<{ change: number }>);

  it('is told at once to each page that waits, and to one that comes later', async () => {
    const { change } = await next(-1);
    const waiting = [next(change), next(change)];
    await new Promise((resolve) => setTimeout(resolve, 200));
    todos.explorer.announceChange();
    expect(await Promise.all(waiting)).toEqual([{ change: change + 1 }, { change: change + 1 }]);
    expect(await next(change)).toEqual({ change: change + 1 });
  });
});

describe('requests to the API', () => {
  it('are passed through, whatever their method', async () => {
    const headers = { ...(await asUser()), 'Content-Type': 'application/json', Prefer: 'return=representation' };
    const api = `${url}/api/todos`;
    const made = await fetchWithSecret(api, { method: 'POST', headers, body: '{"title":"read"}' });
    expect(made.status).toBe(201);
    const [{ id }] = (await made.json()) as [{ id: number }];
    const changed = await fetchWithSecret(`${api}?id=eq.${id}`, { method: 'PATCH', headers, body: '{"done":true}' });
    expect(await changed.json()).toMatchObject([{ id, title: 'read', done: true }]);
    const gone = await fetchWithSecret(`${api}?id=eq.${id}`, { method: 'DELETE', headers });
    expect(await gone.json()).toMatchObject([{ id }]);
    const head = await fetchWithSecret(`${api}?id=eq.${id}`, {
      method: 'HEAD',
      headers: { ...headers, Prefer: 'count=exact' },
    });
    expect([head.status, head.headers.get('Content-Range'), await head.text()]).toEqual([200, '*/0', '']);
    const root = await fetchWithSecret(`${url}/api`, { headers });
    expect(root.headers.get('Content-Type')).toMatch('application/openapi+json');
  });

  it('are answered without a body as well', async () => {
    const headers = { ...(await asUser()), 'Content-Type': 'application/json' };
    const none = await fetchWithSecret(`${url}/api/todos?id=eq.0`, { method: 'DELETE', headers });
    expect([none.status, await none.text()]).toEqual([204, '']);
    const empty = await fetchWithSecret(`${url}/api/todos`, { method: 'POST', headers, body: '' });
    expect(empty.status).toBe(400);
  });

  it.each([
    ['401 to those without a token', {}, 'todos?select=user_id', 401, '42501'],
    ['401 to a broken token', { Authorization: 'Bearer x' }, 'todos', 401, 'PGRST301'],
    ['404', {}, 'missing', 404, since13('42P01', 'PGRST205')],
  ])('are answered %s', async (_, headers, path, status, code) => {
    const response = await fetchWithSecret(`${url}/api/${path}`, { headers: headers as Record<string, string> });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });

  it('are answered 403 where a user may not', async () => {
    const headers = { ...(await asUser()), 'Content-Type': 'application/json' };
    const response = await fetchWithSecret(`${url}/api/todos`, {
      method: 'POST',
      headers,
      body: '{"title":"x","user_id":2}',
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: '42501' });
  });

  it('have a path that is well-formed, and no NUL, which PostgREST 12 cuts a name at', async () => {
    const { port } = new URL(url);
    const host = { host: `127.0.0.1:${port}` };
    // Read as it comes: the NUL is in a header, too, which no client takes.
    const socket = connect(Number(new URL(todos.environment.url).port), '127.0.0.1');
    socket.end('GET /todos%00x?select=title HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(since13(/^HTTP\/1\.1 200 .*water the plants/s, /^HTTP\/1\.1 404 .*PGRST205/s));
    for (const path of ['/todos%00', '/todos%00x', '/%00todos', '/todos?select=title%00', '/todos%', '/todos%ff']) {
      expect((await ask(`/api${path}`, host)).status, path).toBe(400);
    }
    expect((await ask('/api/todos?select=title&title=like.50%', host)).status).toBe(200);
  });

  it('cannot run scripts in the name of the page', async () => {
    const { headers } = await fetchWithSecret(`${url}/api/todos?select=title`);
    expect(headers.get('Content-Security-Policy')).toBe("default-src 'none'; frame-ancestors 'none'; sandbox");
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
  });

  it('carry a megabyte both ways', async () => {
    const headers = { ...(await asUser()), 'Content-Type': 'application/json', Prefer: 'return=representation' };
    const title = 'x'.repeat(1_000_000);
    const made = await fetchWithSecret(`${url}/api/todos`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ title }),
    });
    const [row] = (await made.json()) as [{ id: number; title: string }];
    expect(row.title).toBe(title);
    await fetchWithSecret(`${url}/api/todos?id=eq.${row.id}`, { method: 'DELETE', headers });
  });
});

const never = {
  declaration: () => declaration,
  identities: () => Promise.resolve([]),
  tokenFor: () => Promise.reject(new Error('no tokens here')),
  access: () => Promise.reject(new Error('no matrix here')),
  map: () => Promise.reject(new Error('no map here')),
  functions: () => Promise.resolve([]),
};

describe('where the API is not there', () => {
  it('says so', async () => {
    const [port] = await freePorts(1);
    const apiUrl = `http://127.0.0.1:${port}`;
    const explorer = await startExplorer({ ...never, apiUrl });
    for (const path of ['api/todos', 'openapi?role=todos_anon']) {
      const response = await fetch(`${explorer.url}/${path}`, { headers: { 'Explorer-Secret': explorer.secret } });
      expect(response.status).toBe(502);
      expect(await response.json()).toEqual({
        message: `the API at ${apiUrl} does not answer (ECONNREFUSED); look at what its terminal says`,
      });
    }
    await explorer.stop();
  });
});

describe('the port', () => {
  it('can be chosen, and is on 127.0.0.1 only', async () => {
    const first = await startExplorer({ ...never, apiUrl: url });
    const port = Number(new URL(first.url).port);
    await first.stop();
    await first.stop();
    expect(await isListening(port)).toBe(false);
    const again = await startExplorer({ ...never, apiUrl: url, port });
    expect(again.url).toBe(`http://127.0.0.1:${port}`);
    await again.stop();
  });

  it('is refused where it is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const error = await rejection(startExplorer({ ...never, apiUrl: url, port }));
    expect(error).toMatchObject({ code: 'port_taken' });
    expect(error.message).toContain(`port ${port} of 127.0.0.1 is in use; name another port`);
    other.close();
  });
});
