import { describe, expect, it } from 'vitest';
import { checkVersion } from '../../../declaration/releases/versions.ts';
import { checkGateway, type GatewayInput, limitsFor } from '../../../gateway/index.ts';
import { refusal } from '../../support/errors.ts';

const rejected = (input: GatewayInput) => refusal(() => checkGateway('gateway', input)).message;

it('a gateway without options has limits and timeouts, and trusts no proxy', () => {
  expect(checkGateway('gateway')).toEqual({
    hosts: [],
    trustedProxies: [],
    proxyProtocol: false,
    strictTransportSecuritySeconds: 31_536_000,
    limits: {
      urlBytes: 2048,
      headerBytes: 8192,
      bodyKilobytes: 1024,
      rpcBodyKilobytes: 1024,
      connectionsPerAddress: 100,
      requestsPerSecondPerAddress: 200,
      requestsPerSecondPerToken: 100,
    },
    timeouts: { headerSeconds: 10, bodySeconds: 10, sendSeconds: 10, idleSeconds: 60, answerSeconds: 20 },
    rejectCountEstimates: false,
    hideQueries: false,
  });
});

it('an option that is undefined has its default', () => {
  const limits = { bodyKilobytes: undefined, urlBytes: 4096 } as unknown as NonNullable<GatewayInput['limits']>;
  expect(checkGateway('gateway', { limits }).limits).toMatchObject({ bodyKilobytes: 1024, urlBytes: 4096 });
});

describe('the largest body of a call', () => {
  const limit = (limits: NonNullable<GatewayInput['limits']>) =>
    checkGateway('gateway', { limits }).limits.rpcBodyKilobytes;

  it('is that of other requests, unless it has a limit of its own', () => {
    expect(limit({ bodyKilobytes: 5000 })).toBe(5000);
    expect(limit({ bodyKilobytes: 5000, rpcBodyKilobytes: 10 })).toBe(10);
  });

  it.each([
    ['12.0.2', {}, 2],
    ['12.2.12', {}, 128],
    ['14.17', {}, 128],
    ['16.2', { 'client-error-verbosity': 'verbose' }, 128],
    ['16.2', {}, undefined],
  ] as const)('is bounded where PostgREST gives hints: %s with %j', (version, settings, kilobytes) => {
    expect(limitsFor(checkVersion(version, 'version'), settings).rpcBodyKilobytes).toBe(kilobytes);
  });
});

describe('a host', () => {
  it.each(['api.example.org', 'localhost', 'xn--bcher-kva.example', '192.0.2.7'])('may be %s', (host) => {
    expect(checkGateway('gateway', { hosts: [host] }).hosts).toEqual([host]);
  });

  it.each([
    '',
    '*',
    '.',
    '*.example.org',
    '~^a$',
    'Api.example.org',
    'a b',
    'a;b',
    'a:80',
    'a..b',
    '-a',
    `${'a'.repeat(64)}.b`,
  ])('is rejected: "%s"', (host) => {
    expect(rejected({ hosts: ['a.test', host] })).toBe(
      `gateway.hosts[1]: "${host}" is not a host name; write it like "api.example.org", without a port [invalid_prop]`,
    );
  });
});

describe('a trusted proxy', () => {
  it.each(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1'])('may be %s', (network) => {
    expect(checkGateway('gateway', { trustedProxies: [network] }).trustedProxies).toEqual([network]);
  });

  it.each([
    '',
    'proxy.test',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0',
    '::1/129',
    'fe80::1%eth0',
    '1.2.3.4; x',
  ])('is rejected: "%s"', (network) => {
    expect(rejected({ trustedProxies: [network] })).toBe(
      `gateway.trustedProxies[0]: "${network}" is neither an address nor a network; ` +
        'write it like "10.0.0.0/8" or "192.0.2.7" [invalid_prop]',
    );
  });

  it.each(['0.0.0.0/0', '::/0'])('is rejected if it stands for everybody: %s', (network) => {
    expect(rejected({ trustedProxies: [network] })).toContain('trusts every client');
  });

  it('must be listed for the PROXY protocol', () => {
    expect(rejected({ proxyProtocol: true })).toContain('list the proxies in `trustedProxies`');
  });
});

it.each([
  ['limits', 'urlBytes', 255],
  ['limits', 'urlBytes', 65_001],
  ['limits', 'bodyKilobytes', 1.5],
  ['limits', 'requestsPerSecondPerToken', 0],
  ['limits', 'headerBytes', Number.NaN],
  ['timeouts', 'answerSeconds', -1],
  ['timeouts', 'sendSeconds', '10s; x' as unknown as number],
] as const)('%s.%s is rejected: %s', (group, name, value) => {
  expect(rejected({ [group]: { [name]: value } })).toMatch(
    new RegExp(`^gateway\\.${group}\\.${name}: ${value} is not a whole number from \\d+ to \\d+; correct it`),
  );
});

it('a misspelt limit is rejected with the names that there are', () => {
  expect(rejected({ limits: { bodyBytes: 1 } as NonNullable<GatewayInput['limits']> })).toContain(
    'gateway.limits.bodyBytes: there is no such limit; use urlBytes, headerBytes, bodyKilobytes',
  );
});
