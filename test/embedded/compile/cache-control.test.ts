import { afterAll, beforeAll, expect, it } from 'vitest';
import { allRows, declare } from '../../../declaration/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';

/** A function that sets its own headers, and one that adds to those that are set. */
const FUNCTIONS = `
CREATE FUNCTION cached() RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN
  PERFORM set_config('response.headers', '[{"Cache-Control": "public, max-age=60"}]', true);
  RETURN 1;
END $$;
CREATE FUNCTION marked() RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN
  PERFORM set_config('response.headers',
    (current_setting('response.headers')::jsonb || '[{"X-Mark": "a"}]')::text, true);
  RETURN 1;
END $$;
CREATE VIEW cached_notes WITH (security_invoker) AS SELECT *, cached() AS cached FROM notes;`;

const declaration = declare({
  name: 'cache_control',
  schemas: ['api'],
  roles: { anonymous: 'cc_anon', users: ['cc_user'] },
  migrations: [
    { file: '1.sql', sql: `CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes VALUES (1);${FUNCTIONS}` },
  ],
  tables: [
    {
      name: 'notes',
      grants: [
        { to: 'cc_anon', select: true },
        { to: 'cc_user', select: true, insert: true, update: true, delete: true },
      ],
      policies: [allRows({ to: ['cc_anon', 'cc_user'] })],
    },
  ],
  views: [{ name: 'cached_notes', grants: [{ to: 'cc_anon', select: true }] }],
  functions: [
    { name: 'cached', execute: ['cc_anon', 'cc_user'] },
    { name: 'marked', execute: ['cc_anon', 'cc_user'] },
  ],
});

let api: EphemeralPostgrest;
beforeAll(async () => void (api = await startEphemeralPostgrest(declaration)));
afterAll(() => api?.stop());

const ask = (path: string, init?: RequestInit) => fetch(`${api.url}${path}`, init);

it.each<[string, RequestInit, number]>([
  ['/notes', {}, 200],
  ['/notes', { method: 'HEAD' }, 200],
  ['/notes?limit=1&offset=0', { headers: { Prefer: 'count=exact' } }, 200],
  ['/notes?id=eq.0', { headers: { Accept: 'text/csv' } }, 200],
  ['/notes', { method: 'POST', body: '{"id":2}', headers: { 'Content-Type': 'application/json' } }, 201],
  ['/notes?id=eq.2', { method: 'PATCH', body: '{"id":3}', headers: { 'Content-Type': 'application/json' } }, 204],
  ['/notes?id=eq.3', { method: 'DELETE', headers: { Prefer: 'return=representation' } }, 200],
])('no cache may keep what a user is answered: %s %j', async (path, init, status) => {
  const response = await (await api.as('cc_user')).fetch(path, init);
  expect(response.status).toBe(status);
  expect(response.headers.get('Cache-Control')).toBe('private, no-store');
});

it('no cache may keep what is answered without a token, and give it to a user', async () => {
  const response = await ask('/notes');
  expect([response.status, response.headers.get('Cache-Control')]).toEqual([200, 'private, no-store']);
});

it.each(['/rpc/cached', '/cached_notes'])('headers that a function sets stay as they are: %s', async (path) => {
  const response = await ask(path);
  expect([response.status, response.headers.get('Cache-Control')]).toEqual([200, 'public, max-age=60']);
});

it('a function can add its headers to those that are set', async () => {
  const { headers } = await ask('/rpc/marked');
  expect([headers.get('X-Mark'), headers.get('Cache-Control')]).toEqual(['a', 'private, no-store']);
});

it('a session that served a function with headers of its own sets none for the next request', async () => {
  for (let n = 0; n < 20; n++) {
    expect((await ask('/rpc/cached')).headers.get('Cache-Control')).toBe('public, max-age=60');
    expect((await ask('/notes')).headers.get('Cache-Control')).toBe('private, no-store');
  }
});

it('PostgREST sets no header of ours on errors, nor on the description of the API', async () => {
  const headers = { Authorization: 'Bearer a.b.c' };
  const answers = await Promise.all([ask('/none'), ask('/notes?id=eq.a'), ask('/notes', { headers }), ask('/')]);
  for (const answer of answers) expect(answer.headers.get('Cache-Control'), answer.url).toBeNull();
});
