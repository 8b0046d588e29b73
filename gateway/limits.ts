import { block, directive, expression, map } from './directive.ts';
import { isSince } from './nginx-version.ts';
import type { Gateway, GatewayPlaces } from './types.ts';

/** Bounds on what a client may send over a connection, and how slowly. */
export function connectionLimits({ limits, timeouts }: Gateway, { nginxVersion }: GatewayPlaces): string[] {
  return [
    // The line of the request has to fit as well; the bound on its address is below.
    directive('large_client_header_buffers', 4, Math.max(limits.headerBytes, limits.urlBytes + 1024)),
    directive('client_max_body_size', `${limits.bodyKilobytes}k`),
    directive('client_header_timeout', `${timeouts.headerSeconds}s`),
    directive('client_body_timeout', `${timeouts.bodySeconds}s`),
    directive('send_timeout', `${timeouts.sendSeconds}s`),
    directive('keepalive_timeout', `${timeouts.idleSeconds}s`),
    // A reload leaves idle connections open for as long: a client's next request would otherwise meet a closed one.
    ...(isSince('1.27.4', nginxVersion) ? [directive('keepalive_min_timeout', '10s')] : []),
    directive('reset_timedout_connection', 'on'),
    directive('lingering_close', 'on'),
    directive('lingering_time', '5s'),
    directive('lingering_timeout', '2s'),
  ];
}

/** Counters of requests, and the variables of those that are rejected before a server sees them. */
export function limitZones({ limits, rejectCountEstimates }: Gateway): string[] {
  const perSecond = (requests: number) => `rate=${requests}r/s`;
  return [
    // Half of a signature tells tokens apart, and is none: what the workers share holds no token. PostgREST takes any blank.
    ...map(expression('$http_authorization'), '$token_key', [
      [expression('~*^bearer[\\s\\xa0]+[\\w-]+\\.[\\w-]+\\.(?<signature>[\\w-]{1,32})'), expression('$signature')],
      ['default', ''],
    ]),
    directive(
      'limit_req_zone',
      expression('$binary_remote_addr'),
      'zone=address:8m',
      perSecond(limits.requestsPerSecondPerAddress),
    ),
    directive('limit_req_zone', expression('$token_key'), 'zone=token:8m', perSecond(limits.requestsPerSecondPerToken)),
    directive('limit_conn_zone', expression('$binary_remote_addr'), 'zone=connections:8m'),
    directive('limit_req_status', 429),
    directive('limit_conn_status', 429),
    directive('limit_req_log_level', 'info'),
    directive('limit_conn_log_level', 'info'),
    ...map(expression('$request_uri'), '$is_long_url', [
      [expression(`~^.{${limits.urlBytes + 1}}`), 1],
      ['default', 0],
    ]),
    ...map(expression('$request_method'), '$is_unknown_method', [
      [expression('~^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$'), 0],
      ['default', 1],
    ]),
    // No credentials have a comma; with two headers, servers may differ in which one counts.
    ...map(expression('$http_authorization'), '$has_several_tokens', [
      [expression('~,'), 1],
      ['default', 0],
    ]),
    ...(rejectCountEstimates
      ? map(expression('$http_prefer'), '$asks_for_estimate', [
          [expression('~*count\\s*=\\s*(planned|estimated)'), 1],
          ['default', 0],
        ])
      : []),
  ];
}

/** In a server: the counted limits. */
export function requestRates({ limits }: Gateway): string[] {
  const { requestsPerSecondPerAddress: perAddress, requestsPerSecondPerToken: perToken } = limits;
  return [
    directive('limit_conn', 'connections', limits.connectionsPerAddress),
    directive('limit_req', 'zone=address', `burst=${2 * perAddress}`, 'nodelay'),
    directive('limit_req', 'zone=token', `burst=${2 * perToken}`, 'nodelay'),
  ];
}

/** In a location that hands requests on: those that are rejected at once. */
export function refusals({ rejectCountEstimates }: Gateway): string[] {
  const refuse = (variable: string, status: number) =>
    block(['if', expression(`($${variable})`)], [directive('return', status)]);
  return [
    ...refuse('is_unknown_method', 405),
    ...refuse('is_long_url', 414),
    ...refuse('has_several_tokens', 400),
    ...(rejectCountEstimates ? refuse('asks_for_estimate', 403) : []),
  ];
}
