import { BlockList, isIP } from 'node:net';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { Gateway, GatewayInput, GatewayLimits, GatewayTimeouts } from './types.ts';

const LIMITS: GatewayLimits = {
  urlBytes: 2048,
  headerBytes: 8192,
  bodyKilobytes: 1024,
  rpcBodyKilobytes: 1024,
  connectionsPerAddress: 100,
  requestsPerSecondPerAddress: 200,
  requestsPerSecondPerToken: 100,
};

const TIMEOUTS: GatewayTimeouts = {
  headerSeconds: 10,
  bodySeconds: 10,
  sendSeconds: 10,
  idleSeconds: 60,
  answerSeconds: 20,
};

/** Smallest and largest values. A regular expression of nginx counts up to 65,535. */
const RANGES: { readonly [K in keyof GatewayLimits | keyof GatewayTimeouts]: readonly [number, number] } = {
  urlBytes: [256, 65_000],
  headerBytes: [1024, 65_536],
  bodyKilobytes: [1, 1_048_576],
  rpcBodyKilobytes: [1, 1_048_576],
  connectionsPerAddress: [1, 65_535],
  requestsPerSecondPerAddress: [1, 1_000_000],
  requestsPerSecondPerToken: [1, 1_000_000],
  headerSeconds: [1, 3600],
  bodySeconds: [1, 3600],
  sendSeconds: [1, 3600],
  idleSeconds: [1, 3600],
  answerSeconds: [1, 86_400],
};

const YEAR_SECONDS = 31_536_000;

/**
 * Checks the options of the gateway, and fills in their defaults.
 *
 * @param place of the options, for errors
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function checkGateway(place: string, input: GatewayInput = {}): Gateway {
  const { hosts = [], trustedProxies = [], proxyProtocol = false } = input;
  hosts.forEach((host, n) => checkHost(`${place}.hosts[${n}]`, host));
  trustedProxies.forEach((network, n) => checkNetwork(`${place}.trustedProxies[${n}]`, network));
  if (proxyProtocol && trustedProxies.length === 0) {
    const problem = 'the PROXY protocol lets everyone who connects name any address as their own';
    refuse('invalid_prop', `${place}.proxyProtocol`, problem, 'list the proxies in `trustedProxies`');
  }
  const hsts = input.strictTransportSecuritySeconds ?? YEAR_SECONDS;
  return {
    hosts,
    trustedProxies,
    proxyProtocol,
    strictTransportSecuritySeconds: checkRange(`${place}.strictTransportSecuritySeconds`, hsts, [0, 10 * YEAR_SECONDS]),
    limits: checkLimits(`${place}.limits`, input.limits),
    timeouts: checkRanges(`${place}.timeouts`, TIMEOUTS, input.timeouts),
    rejectCountEstimates: input.rejectCountEstimates ?? false,
    hideQueries: input.hideQueries ?? false,
  };
}

function checkHost(place: string, host: string): void {
  const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
  if (host.length <= 253 && new RegExp(`^${label}(\\.${label})*$`).test(host)) return;
  refuse('invalid_prop', place, `"${host}" is not a host name`, 'write it like "api.example.org", without a port');
}

function checkNetwork(place: string, network: string): void {
  const [address = '', prefix, ...more] = network.split('/');
  const family = isIP(address);
  const isPrefix = prefix === undefined || /^\d{1,3}$/.test(prefix);
  if (family === 0 || !isPrefix || more.length > 0 || address.includes('%') || !fits(address, prefix, family)) {
    const fix = 'write it like "10.0.0.0/8" or "192.0.2.7"';
    refuse('invalid_prop', place, `"${network}" is neither an address nor a network`, fix);
  }
  if (prefix === undefined || Number(prefix) > 0) return;
  refuse('invalid_prop', place, `"${network}" trusts every client`, 'list the addresses of your proxies');
}

function fits(address: string, prefix: string | undefined, family: number): boolean {
  if (prefix === undefined) return true;
  try {
    new BlockList().addSubnet(address, Number(prefix), family === 6 ? 'ipv6' : 'ipv4');
    return true;
  } catch {
    return false;
  }
}

function checkLimits(place: string, given: Partial<GatewayLimits> = {}): GatewayLimits {
  const { bodyKilobytes = LIMITS.bodyKilobytes } = given;
  return checkRanges(place, { ...LIMITS, rpcBodyKilobytes: bodyKilobytes }, given);
}

function checkRanges<T extends GatewayLimits | GatewayTimeouts>(place: string, defaults: T, given: Partial<T> = {}): T {
  for (const [name, value] of Object.entries(given) as [keyof typeof RANGES, number | undefined][]) {
    if (!(name in defaults)) {
      refuse('invalid_prop', `${place}.${name}`, 'there is no such limit', `use ${Object.keys(defaults).join(', ')}`);
    }
    if (value !== undefined) checkRange(`${place}.${name}`, value, RANGES[name]);
  }
  const defined = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(defined) };
}

function checkRange(place: string, value: number, [least, most]: readonly [number, number]): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const problem = `${String(value)} is not a whole number from ${least} to ${most}`;
  refuse('invalid_prop', place, problem, 'correct it');
}
