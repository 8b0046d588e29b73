import { directive, expression, map } from './directive.ts';
import type { Gateway, GatewayPlaces } from './types.ts';

/** The fields that are numbers for every request. */
const NUMBERS = { status: '$status', bytes: '$bytes_sent', seconds: '$request_time' };

/** The others; which url is logged depends on the place. */
const textsWith = (url: string) => ({
  time: '$time_iso8601',
  address: '$remote_addr',
  host: '$host',
  method: '$request_method',
  url,
  protocol: '$server_protocol',
  tls: '$ssl_protocol',
  server: '$upstream_addr',
  serverStatus: '$upstream_status',
  serverSeconds: '$upstream_response_time',
});

/** The access log: a line of JSON for each request, without headers, and so without tokens. */
export function accessLog({ hideQueries }: Gateway, { accessLog }: GatewayPlaces): string[] {
  return [
    ...map(expression('$request_uri'), '$path_alone', [
      [expression('~^(?<path>[^?]*)'), expression('$path')],
      ['default', ''],
    ]),
    ...format('complete', hideQueries ? '$path_alone' : '$request_uri'),
    ...format('without_query', '$path_alone'),
    directive('access_log', accessLog, 'complete'),
  ];
}

/** In a location whose queries hold codes of a sign-in. */
export function logWithoutQuery({ accessLog }: GatewayPlaces): string {
  return directive('access_log', accessLog, 'without_query');
}

/** The error log. Its lines hold the address with the query, so that with hidden queries only failures of nginx itself are in it. */
export function errorLog({ hideQueries }: Gateway, { errorLog }: GatewayPlaces): string {
  return directive('error_log', errorLog, hideQueries ? 'crit' : 'error');
}

function format(name: string, url: string): string[] {
  const texts = Object.entries(textsWith(url)).map(([field, value]) => `"${field}":"${value}"`);
  const numbers = Object.entries(NUMBERS).map(([field, value]) => `"${field}":${value}`);
  return [directive('log_format', name, 'escape=json', expression(`{${[...texts, ...numbers].join()}}`))];
}
