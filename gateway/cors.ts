import { block, directive, expression, map, type Expression } from './directive.ts';
import type { GatewayPlaces } from './types.ts';

/** The variables of a preflight request (WHATWG Fetch, 3.3) and the headers that answer requests of other origins. */
export function corsVariables({ corsAllowedOrigins: origins }: GatewayPlaces): string[] {
  const any = origins === '*';
  return [
    ...map(expression('$http_origin'), '$cors_origin', [
      ...(any ? [] : origins.map((origin) => [origin, origin] as const)),
      ...(any ? [['', ''] as const] : []),
      ['default', any ? '*' : ''],
    ]),
    ...map(expression('$request_method:$http_access_control_request_method'), '$is_preflight', [
      [expression('~^OPTIONS:.'), 1],
      ['default', 0],
    ]),
    ...map(expression('$cors_origin'), '$cors_credentials', [
      ['', ''],
      ['*', ''],
      ['default', 'true'],
    ]),
    ...map(expression('$cors_origin'), '$cors_exposed', [
      ['', ''],
      ['default', 'Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Range-Unit'],
    ]),
    ...map(expression('$is_preflight $cors_origin'), '$cors_methods', [
      [expression('~^1 [^ ]'), 'GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD'],
      ['default', ''],
    ]),
    ...map(expression('$is_preflight $cors_origin'), '$cors_max_age', [
      [expression('~^1 [^ ]'), '86400'],
      ['default', ''],
    ]),
    ...map(expression('$is_preflight $cors_origin $http_access_control_request_headers'), '$cors_headers', [
      [expression('~^1 [^ ]+ (?<names>[\\w, -]+)$'), expression('Authorization, $names')],
      [expression('~^1 [^ ]'), 'Authorization'],
      ['default', ''],
    ]),
  ];
}

/** Headers that say whose pages may use the API. nginx leaves empty ones out. */
export const CORS_HEADERS: readonly (readonly [name: string, value: Expression])[] = [
  ['Access-Control-Allow-Origin', expression('$cors_origin')],
  ['Access-Control-Allow-Credentials', expression('$cors_credentials')],
  ['Access-Control-Allow-Methods', expression('$cors_methods')],
  ['Access-Control-Allow-Headers', expression('$cors_headers')],
  ['Access-Control-Max-Age', expression('$cors_max_age')],
  ['Access-Control-Expose-Headers', expression('$cors_exposed')],
];

/** In the API's location: the gateway answers preflight requests, and servers' own answers to origins are left out. */
export function answerCors(): string[] {
  return [
    ...block(['if', expression('($is_preflight)')], [directive('return', 204)]),
    ...CORS_HEADERS.map(([name]) => directive('proxy_hide_header', name)),
  ];
}
