import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayInput } from '../../../gateway/index.ts';
import { certificateAuthority } from '../../support/certificates.ts';
import { tableUnder } from '../../support/docs/markdown.ts';
import { skipNginx, startNginx, type Nginx } from '../../support/nginx.ts';
import { rawRequest, statuses } from '../../support/raw-request.ts';

const PAGE = 'docs/gateway-attacks.md';
const ME = '127.0.0.1';
const CLIENT = '192.0.2.7';

/** A header of the PROXY protocol, version 2, of a client with an address of IPv4. */
function version2(command: 'PROXY' | 'LOCAL', address: string): string {
  const octets = (text: string) => String.fromCharCode(...text.split('.').map(Number));
  const addresses = `${octets(address)}${octets('192.0.2.1')}\x10\x00\x01\xbb`;
  return `\r\n\r\n\0\r\nQUIT\n${command === 'PROXY' ? '\x21' : '\x20'}\x11\0${String.fromCharCode(addresses.length)}${addresses}`;
}

type Case = readonly [
  name: string,
  sent: { before?: string; lines?: readonly string[] },
  address: string,
  protocol?: string,
];

/** Gateways, what is sent to them, and the client that they see; `closed` for none. */
const CASES: readonly { readonly options: string; readonly input: GatewayInput; readonly cases: readonly Case[] }[] = [
  {
    options: 'no option',
    input: {},
    cases: [
      ['`X-Forwarded-For: 6.6.6.6`', { lines: ['X-Forwarded-For: 6.6.6.6'] }, ME],
      ['`X-Forwarded-Proto: https`', { lines: ['X-Forwarded-Proto: https'] }, ME, 'http'],
      ['a header of the PROXY protocol', { before: `PROXY TCP4 6.6.6.6 ${ME} 1 2\r\n` }, '400'],
    ],
  },
  {
    options: '`trustedProxies`, from a trusted address',
    input: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] },
    cases: [
      ['no header', {}, ME],
      ['the client', { lines: [`X-Forwarded-For: ${CLIENT}`] }, CLIENT],
      ['a forged one, the client', { lines: [`X-Forwarded-For: 6.6.6.6, ${CLIENT}`] }, CLIENT],
      ['a forged trusted one, the client', { lines: [`X-Forwarded-For: 10.6.6.6, ${CLIENT}`] }, CLIENT],
      [
        'a forged one, the client, a trusted proxy',
        { lines: [`X-Forwarded-For: 6.6.6.6, ${CLIENT}, 10.1.2.3`] },
        CLIENT,
      ],
      [
        'a forged one in a line of its own',
        { lines: ['X-Forwarded-For: 6.6.6.6', `X-Forwarded-For: ${CLIENT}`] },
        CLIENT,
      ],
      ['what is no address', { lines: ['X-Forwarded-For: unix:/a'] }, ME],
      ['`Forwarded: for=6.6.6.6`', { lines: ['Forwarded: for=6.6.6.6'] }, ME],
      ['`X-Forwarded-Proto: https`', { lines: ['X-Forwarded-Proto: https'] }, ME, 'https'],
      ['`X-Forwarded-Proto: javascript`', { lines: ['X-Forwarded-Proto: javascript'] }, ME, 'http'],
    ],
  },
  {
    options: '`trustedProxies`, from another address',
    input: { trustedProxies: ['10.0.0.0/8'] },
    cases: [
      ['the client', { lines: [`X-Forwarded-For: ${CLIENT}`] }, ME],
      ['`X-Forwarded-Proto: https`', { lines: ['X-Forwarded-Proto: https'] }, ME, 'http'],
    ],
  },
  {
    options: '`proxyProtocol`, from a trusted address',
    input: { trustedProxies: ['127.0.0.1'], proxyProtocol: true },
    cases: [
      ['version 1', { before: `PROXY TCP4 ${CLIENT} ${ME} 1234 443\r\n` }, CLIENT],
      ['version 1, IPv6', { before: 'PROXY TCP6 2001:db8::7 ::1 1234 443\r\n' }, '2001:db8::7'],
      ['version 1, `UNKNOWN`', { before: 'PROXY UNKNOWN\r\n' }, ME],
      ['version 2', { before: version2('PROXY', CLIENT) }, CLIENT],
      ['version 2, a health check', { before: version2('LOCAL', CLIENT) }, ME],
      [
        'a forged `X-Forwarded-For`',
        { before: version2('PROXY', CLIENT), lines: ['X-Forwarded-For: 6.6.6.6'] },
        CLIENT,
      ],
      [
        'a forged `X-Forwarded-Proto`',
        { before: version2('PROXY', CLIENT), lines: ['X-Forwarded-Proto: https'] },
        CLIENT,
        'http',
      ],
      ['a second header', { before: `PROXY TCP4 ${CLIENT} ${ME} 1 2\r\nPROXY TCP4 6.6.6.6 ${ME} 1 2\r\n` }, '400'],
      ['a malformed address', { before: `PROXY TCP4 1.2.3.4.5 ${ME} 1 2\r\n` }, ME],
      ['a header of 200 bytes', { before: `PROXY TCP4 ${'1'.repeat(200)}\r\n` }, 'closed'],
      ['no header', {}, 'closed'],
    ],
  },
  {
    options: '`proxyProtocol`, from another address',
    input: { trustedProxies: ['10.0.0.0/8'], proxyProtocol: true },
    cases: [
      ['version 1', { before: `PROXY TCP4 6.6.6.6 ${ME} 1 2\r\n` }, ME],
      ['version 2', { before: version2('PROXY', '6.6.6.6') }, ME],
      ['no header', {}, 'closed'],
    ],
  },
];

it(`${PAGE} lists what proxies may say`, () => {
  const rows = CASES.flatMap(({ options, cases }) =>
    cases.map(([name, , address, protocol]) => [
      options,
      name,
      address === ME ? 'the one that connects' : address === CLIENT ? 'the client' : address,
      protocol ?? '',
    ]),
  );
  expect(tableUnder(PAGE, 'Proxies in front')).toEqual(rows);
});

describe.skipIf(skipNginx).each(CASES)('a gateway with $options', ({ input, cases }) => {
  let echo: Server;
  let gateway: Nginx;

  beforeAll(async () => {
    echo = createServer((request, response) => response.end(JSON.stringify(request.headers))).listen(0, ME);
    await once(echo, 'listening');
    gateway = await startNginx(`http://${ME}:${(echo.address() as AddressInfo).port}`, { input });
  });

  afterAll(async () => {
    await gateway?.stop();
    echo.close();
  });

  it.each(cases.map((sent) => ({ name: sent[0], sent })))('$name', async ({ sent: [, sent, address, protocol] }) => {
    const { before = '', lines = [] } = sent;
    const text = ['GET / HTTP/1.1', 'Host: x', 'Connection: close', ...lines, '', ''].join('\r\n');
    const answer = await rawRequest(gateway.port, before + text);
    if (address === 'closed') return expect(answer).toBe('');
    if (address === '400') return expect(statuses(answer)).toEqual([400]);
    const headers = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as Record<
      string,
      string
    >;
    expect(headers).toMatchObject({
      'x-forwarded-for': address,
      'x-real-ip': address,
      ...(protocol && { 'x-forwarded-proto': protocol }),
    });
    expect(headers).not.toHaveProperty('forwarded');
    expect(gateway.requests().at(-1)).toMatchObject({ address });
  });
});

it.skipIf(skipNginx)('the PROXY protocol stands before TLS, and before a redirect', async () => {
  const authority = certificateAuthority('authority of a test');
  const gateway = await startNginx(`http://${ME}:1`, {
    input: { trustedProxies: [ME], proxyProtocol: true },
    pem: authority.issue(ME),
  });
  try {
    expect(await rawRequest(gateway.port, '\x16\x03\x01\0\x05hello')).toBe('');
    const plain = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    expect(await rawRequest(gateway.redirectPort, plain)).toBe('');
    const answer = await rawRequest(gateway.redirectPort, `PROXY TCP4 ${CLIENT} ${ME} 1 2\r\n${plain}`);
    expect(statuses(answer)).toEqual([308]);
  } finally {
    await gateway.stop();
  }
});
