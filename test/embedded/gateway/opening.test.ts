import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOpener, type RunningOpener } from '../../../gateway/opener/start-opener.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { encryptToken, generateDecryptionKey } from '../../../tokens/index.ts';
import { skipNginx, startNginx, type Nginx } from '../../support/nginx.ts';
import { notes } from '../../support/notes.ts';
import { rawRequest } from '../../support/raw-request.ts';

const key = generateDecryptionKey();
const ORIGIN = 'https://app.test';
const USER = 'opened_user';
const PATH = '/notes?select=body';

let api: EphemeralPostgrest;
let opener: RunningOpener;
let gateway: Nginx;

describe.skipIf(skipNginx)('encrypted tokens through nginx and an opener', () => {
  beforeAll(async () => {
    api = await startEphemeralPostgrest(notes('opened', { server: { corsAllowedOrigins: [ORIGIN] } }));
    opener = await startOpener({ encryption: 'required', readKeys: () => [key], port: 0, log: () => undefined });
    const { port } = new URL(opener.url);
    const places = { corsAllowedOrigins: [ORIGIN], opener: { host: '127.0.0.1', port: Number(port) } };
    gateway = await startNginx(api.url, { places });
  });
  afterAll(async () => {
    await gateway?.stop();
    await opener?.stop();
    await api?.stop();
  });

  const signedToken = (claims: object = {}) => api.tokenFor(USER, { user_id: 1, ...claims });
  const ask = (token?: string, init: RequestInit = {}) =>
    fetch(gateway.url + PATH, {
      ...init,
      ...(token !== undefined && { headers: { Authorization: `Bearer ${token}`, ...init.headers } }),
    });
  const answer = async (token?: string) => {
    const response = await ask(token);
    return `${response.status} ${await response.text()}`;
  };

  it('serves the token inside, as long as they may be', async () => {
    expect(await answer(await encryptToken(await signedToken(), key))).toBe('200 [{"body":"mine"}]');
    const long = await encryptToken(await signedToken({ note: 'x'.repeat(3900) }), key);
    expect(long.length).toBeGreaterThan(7700);
    expect(await answer(long)).toBe('200 [{"body":"mine"}]');
  });

  it('passes a body on, which the opener does not get', async () => {
    const token = await encryptToken(await signedToken(), key);
    const body = JSON.stringify(Array.from({ length: 200 }, () => ({ user_id: 1, body: 'x'.repeat(1000) })));
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    expect((await fetch(`${gateway.url}/notes`, { method: 'POST', body, headers })).status).toBe(201);
    const removed = await fetch(`${gateway.url}/notes?body=neq.mine`, { method: 'DELETE', headers });
    expect(removed.status).toBe(204);
  });

  it('rejects merely signed tokens as it rejects other requests, and says how tokens are sent', async () => {
    const response = await ask(await signedToken());
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
    expect(await response.json()).toMatchObject({ code: 'GATEWAY401', message: 'The token is not valid here' });
  });

  it('has PostgREST answer requests without a token, and preflights as before', async () => {
    expect(await answer()).toMatch(/^401 .*"42501"/);
    const headers = {
      Origin: ORIGIN,
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'authorization',
    };
    const preflight = await fetch(gateway.url + PATH, { method: 'OPTIONS', headers });
    expect([preflight.status < 300, preflight.headers.get('access-control-allow-origin')]).toEqual([true, ORIGIN]);
  });

  it('cannot be told by a client what was opened', async () => {
    const signed = await signedToken();
    const headers = { 'X-Opened-Authorization': `Bearer ${signed}` };
    const response = await fetch(gateway.url + PATH, { headers });
    expect(await response.text()).toContain('42501');
    expect((await fetch(`${gateway.url}/.gateway/open`, { headers })).status).toBe(404);
    const twice = [
      'GET /notes HTTP/1.1',
      'Host: api',
      `Authorization: Bearer ${signed}`,
      `Authorization: Bearer ${signed}`,
    ];
    expect(await rawRequest(gateway.port, [...twice, 'Connection: close', '', ''].join('\r\n'))).toMatch(
      /^HTTP\/1.1 400 /,
    );
  });

  it('logs no part of a token', async () => {
    const token = await encryptToken(await signedToken(), key);
    await answer(token);
    await answer(await signedToken());
    for (const part of token.split('.')) expect(gateway.logs()).not.toContain(part);
    expect(gateway.logs()).not.toContain('eyJ');
  });
});
