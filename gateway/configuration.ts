import { createHash } from 'node:crypto';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { clientAddress } from './client-address.ts';
import { answerCors, corsVariables } from './cors.ts';
import { block, directive, expression } from './directive.ts';
import { errorPages } from './errors.ts';
import { apiHeaders, forwarded, headerVariables, tokenServiceHeaders } from './headers.ts';
import { connectionLimits, limitZones, refusals, requestRates } from './limits.ts';
import { listen, otherHosts, redirectServer, serverNames, tls } from './listen.ts';
import { accessLog, errorLog, logWithoutQuery } from './log.ts';
import { isSince } from './nginx-version.ts';
import { openLocation, openTokens } from './opening.ts';
import { statusServer } from './status.ts';
import type { Gateway, GatewayPlaces } from './types.ts';
import { apiUpstream, proxying, toTokenService, upstreams } from './upstreams.ts';

/** The configuration of a gateway. */
export interface GatewayConfiguration {
  /** Text of `nginx.conf`. */
  readonly text: string;
  /** Changes with the text and the certificate; the running gateway answers with it at `/configuration` of its status port. */
  readonly fingerprint: string;
}

/** Connections of a worker: to clients and to servers. */
const CONNECTIONS = 4096;

/**
 * The nginx configuration of a gateway.
 *
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function gatewayConfiguration(gateway: Gateway, places: GatewayPlaces): GatewayConfiguration {
  const { temporary, workers = 1 } = places;
  const main = [
    directive('daemon', 'off'),
    directive('worker_processes', workers),
    directive('worker_shutdown_timeout', `${gateway.timeouts.answerSeconds + 10}s`),
    // A renewed certificate may have the time and the place of the one before, by which nginx would take it for unchanged.
    ...(isSince('1.27.4', places.nginxVersion) ? [directive('ssl_object_cache_inheritable', 'off')] : []),
    directive('pid', `${temporary}/nginx.pid`),
    errorLog(gateway, places),
    ...block(['events'], [directive('worker_connections', CONNECTIONS)]),
  ];
  const served = [
    directive('server_tokens', 'off'),
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) =>
      directive(`${kind}_temp_path`, `${temporary}/${kind}`),
    ),
    directive('default_type', 'application/octet-stream'),
    ...accessLog(gateway, places),
    ...connectionLimits(gateway, places),
    ...clientAddress(gateway),
    ...limitZones(gateway),
    ...headerVariables(),
    ...corsVariables(places),
    ...tls(places),
    ...(places.upstreamsFile === undefined ? upstreams(places) : [directive('include', places.upstreamsFile)]),
    ...proxying(gateway.timeouts.answerSeconds),
    ...clientServers(gateway, places),
  ];
  const fingerprint = createHash('sha256')
    .update([...main, ...served, places.fingerprint ?? ''].join('\n'))
    .digest('hex')
    .slice(0, 16);
  const lines = [...main, ...block(['http'], [...served, ...statusServer(places, fingerprint)])];
  return { text: `${lines.join('\n')}\n`, fingerprint };
}

/** The servers that clients meet. */
function clientServers(gateway: Gateway, places: GatewayPlaces): string[] {
  const service = tokenServicePlace(gateway, places);
  const behindPath = service && service.path !== '' ? tokenServiceLocations(service.path, gateway, places) : [];
  return [
    ...otherHosts(gateway, places),
    ...redirectServer(gateway, places),
    ...clientServer(
      serverNames(gateway),
      [...behindPath, ...openLocation(places), ...apiLocations(gateway, places)],
      gateway,
      places,
    ),
    ...(service?.path === ''
      ? clientServer([service.host], tokenServiceLocations('', gateway, places), gateway, places)
      : []),
  ];
}

function clientServer(
  names: readonly string[],
  locations: readonly string[],
  gateway: Gateway,
  places: GatewayPlaces,
): string[] {
  return block(
    ['server'],
    [
      ...listen(gateway, places),
      directive('server_name', ...names),
      // Servers see the address as it was sent.
      directive('merge_slashes', 'off'),
      ...requestRates(gateway),
      ...apiHeaders(gateway, places),
      ...locations,
      ...errorPages(),
    ],
  );
}

function apiLocations(gateway: Gateway, places: GatewayPlaces): string[] {
  const { bodyKilobytes, rpcBodyKilobytes } = gateway.limits;
  const lines = [
    ...refusals(gateway),
    ...answerCors(),
    ...openTokens(places),
    ...forwarded(expression('$host'), expression('$client_protocol')),
    directive('proxy_buffer_size', responseHeaderBytes(gateway)),
    directive('proxy_buffers', 8, responseHeaderBytes(gateway)),
    ...apiUpstream(places),
  ];
  return [
    ...block(['location', '/'], lines),
    ...(rpcBodyKilobytes === bodyKilobytes
      ? []
      : block(['location', '/rpc/'], [directive('client_max_body_size', `${rpcBodyKilobytes}k`), ...lines])),
  ];
}

/** PostgREST repeats the address in a header. */
function responseHeaderBytes({ limits }: Gateway): string {
  return `${Math.ceil((limits.urlBytes + 8192) / 4096) * 4}k`;
}

/** Host and path that tell requests to the token service from others. */
function tokenServicePlace({ hosts }: Gateway, { tokenService }: GatewayPlaces) {
  if (tokenService === undefined) return undefined;
  const { hostname: host, pathname } = new URL(tokenService.issuer);
  const path = pathname.replace(/\/$/, '');
  if (!/^[\w./~-]*$/.test(path)) {
    const fix = 'use letters, digits, "-", "_", "." and "/"';
    refuse('invalid_prop', 'tokens.issuer', `nginx cannot compare the path "${path}" as it is`, fix);
  }
  if (path === '' && (hosts.length === 0 || hosts.includes(host))) {
    const problem = `"${host}" is the address of the token service, and not told apart from the API's`;
    refuse('invalid_prop', 'hosts', problem, 'list the hosts of the API alone, or declare an issuer with a path');
  }
  return { host, path };
}

function tokenServiceLocations(path: string, gateway: Gateway, places: GatewayPlaces): string[] {
  const { host, protocol } = new URL(places.tokenService!.issuer);
  const lines = [
    logWithoutQuery(places),
    ...refusals(gateway),
    // Without a header here, those of the API would be added: the service has its own.
    ...tokenServiceHeaders(gateway, places),
    ...forwarded(host, protocol.slice(0, -1)),
    ...toTokenService(places),
  ];
  return [
    ...(path === '' ? [] : block(['location', '=', path], lines)),
    ...block(['location', '^~', `${path}/`], lines),
  ];
}
