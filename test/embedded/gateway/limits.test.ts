import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { skipNginx, startNginx, type Nginx } from '../../support/nginx.ts';
import { rawRequest, statuses } from '../../support/raw-request.ts';
import { forMemory, forPostgres, forServer, send, strained, type Shape } from '../../support/strain.ts';

let api: EphemeralPostgrest;
let gateway: Nginx;
let token: string;

const LONG_ADDRESSES = [...forPostgres, ...forServer(1)].filter(({ path }) => path.length > 2048);
const LONG_BODIES = [...forMemory, ...forPostgres].filter(
  ({ body }) => body !== undefined && body().length > 1024 ** 2,
);

describe.skipIf(skipNginx)('limits', () => {
  beforeAll(async () => {
    api = await startEphemeralPostgrest(strained());
    gateway = await startNginx(api.url);
    token = await api.tokenFor('strain_user');
  });

  afterAll(async () => {
    await gateway?.stop();
    await api?.stop();
  });

  const plain: Shape = { name: 'plain', path: '/lines?id=eq.7' };

  /** The answers of plain requests while others are sent. */
  async function others(work: Promise<unknown>): Promise<string[]> {
    const answers = new Set<string>();
    let done = false;
    const finished = work.finally(() => (done = true));
    do answers.add(await send(gateway.url, plain, token));
    while (!done);
    await finished;
    return [...answers];
  }

  it('there are attacks for both kinds of bounds', () => {
    expect(LONG_ADDRESSES.length).toBeGreaterThan(10);
    expect(LONG_BODIES.length).toBeGreaterThan(2);
  });

  it.each(LONG_ADDRESSES)('a long address is rejected before a server sees it: $name', async (shape) => {
    expect(await send(gateway.url, shape, token)).toBe('414');
  });

  it.each(LONG_BODIES)('a large body is rejected before a server sees it: $name', async (shape) => {
    expect(['413', 'closed']).toContain(await send(gateway.url, shape, token));
  });

  it('40 KB of headers are rejected', async () => {
    const { headers } = forPostgres.find(({ headers = {} }) => Object.keys(headers).length > 10)!;
    expect(['431', 'closed']).toContain(await send(gateway.url, { ...plain, headers: headers! }, token));
  });

  it('addresses up to the bound are served, and not one byte more', async () => {
    const ofLength = (bytes: number) => ({ ...plain, path: plain.path.padEnd(bytes, '&') });
    expect(await send(gateway.url, ofLength(2048), token)).toBe('200');
    expect(await send(gateway.url, ofLength(2049), token)).toBe('414');
  });

  it('others are served while the dearest requests within the bounds are', async () => {
    const dear: Shape[] = [
      { name: 'a function name', path: `/rpc/${'f'.repeat(2000)}` },
      { name: 'an embedded name', path: `/items?select=${'n'.repeat(2000)}(*)` },
      {
        name: 'numbers',
        path: `/numbers?select=${Array.from({ length: 85 }, (_, n) => `a${n}:title::numeric`).join()}`,
      },
      { name: 'rows', path: '/bulk', body: () => JSON.stringify([{ id: 1, title: 'x'.repeat(1_000_000) }]) },
    ];
    const work = Promise.all(dear.map((shape) => send(gateway.url, shape, token)));
    expect(await others(work)).toEqual(['200']);
    expect((await work).sort()).toEqual(['200', '201', '400', '404']);
  });

  describe('bodies of calls', () => {
    const body = JSON.stringify({ ['a'.repeat(2000)]: 1 });
    let strict: Nginx;

    beforeAll(async () => {
      strict = await startNginx(api.url, { input: { limits: { rpcBodyKilobytes: 1 } } });
    });

    afterAll(() => strict?.stop());

    const post = (path: string) =>
      rawRequest(
        strict.port,
        `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${body.length}\r\n\r\n${body}`,
      );

    it.each(['/rpc/f', '/%72pc/f', '/rpc/%66', '/rpc//f', '/rpc/f/', '/rpc/f#', '/./rpc/f', '/x/../rpc/f', '/rpc%2ff'])(
      'have their own bound, also under %s',
      async (path) => {
        expect(statuses(await post(path))).toEqual([413]);
      },
    );

    it.each(['/RPC/f', '//rpc/f', '/rpc;/f', '/rpc/..%2ff', '/rpc/../bulk', '/bulk'])(
      'what is no call of the function for PostgREST has another bound: %s',
      async (path) => {
        const answer = await post(path);
        expect(statuses(answer)).not.toEqual([413]);
        expect(answer).not.toMatch(/function api\.f\b/);
      },
    );
  });

  describe('rates', () => {
    const limits = { requestsPerSecondPerAddress: 1000, requestsPerSecondPerToken: 2, connectionsPerAddress: 50 };
    const count = (answers: readonly string[], answer: string) => answers.filter((one) => one === answer).length;
    const burst = (url: string, requests: number, ofToken?: string) =>
      Promise.all(Array.from({ length: requests }, () => send(url, plain, ofToken)));

    it('of one token do not use up those of others', async () => {
      const limited = await startNginx(api.url, { input: { limits } });
      try {
        const [mine, another] = [
          await api.tokenFor('strain_user', { n: 1 }),
          await api.tokenFor('strain_user', { n: 2 }),
        ];
        const answers = await burst(limited.url, 20, mine);
        expect(count(answers, '200')).toBeGreaterThanOrEqual(5);
        expect(count(answers, '429')).toBeGreaterThanOrEqual(5);
        expect(await burst(limited.url, 3, another)).toEqual(['200', '200', '200']);
        expect(await burst(limited.url, 20)).toEqual(Array(20).fill('200'));
      } finally {
        await limited.stop();
      }
    });

    it('a signature that is written otherwise is no other token', async () => {
      const limited = await startNginx(api.url, { input: { limits } });
      try {
        const last = token.at(-1)!;
        // PostgREST takes a tab for a blank.
        const variants = ['A', 'B', '\t', 'D', 'E', last].map((letter) =>
          letter === '\t' ? `\t${token}` : token.slice(0, -1) + letter,
        );
        const answers = (await Promise.all(variants.map((variant) => burst(limited.url, 4, variant)))).flat();
        expect(count(answers, '429')).toBeGreaterThanOrEqual(15);
      } finally {
        await limited.stop();
      }
    });

    it('and connections of one address are bounded', async () => {
      const limited = await startNginx(api.url, { input: { limits: { requestsPerSecondPerAddress: 3 } } });
      try {
        const answers = await burst(limited.url, 30);
        expect(count(answers, '200')).toBeGreaterThanOrEqual(7);
        expect(count(answers, '429')).toBeGreaterThanOrEqual(10);
        const response = await fetch(limited.url);
        if (response.status === 429) expect(await response.json()).toMatchObject({ code: 'GATEWAY429' });
      } finally {
        await limited.stop();
      }
    });
  });
});
