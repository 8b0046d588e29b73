import { CORS_HEADERS } from './cors.ts';
import { directive, expression, map, type Word } from './directive.ts';
import type { Gateway, GatewayPlaces } from './types.ts';

/** Headers with which a client could name itself, its protocol, or another request than the gateway has seen. */
const OVERWRITTEN = [
  'Forwarded',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Forwarded-Scheme',
  'X-Forwarded-Server',
  'X-Forwarded-Ssl',
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-HTTP-Method',
  'X-HTTP-Method-Override',
  'X-Method-Override',
  'X-Client-IP',
  'True-Client-IP',
  'X-Cluster-Client-IP',
  'Proxy',
  // For a proxy in front, and no server's business.
  'Proxy-Authorization',
  'Proxy-Connection',
  'HTTP2-Settings',
];

/** Headers of a page that shows data: no script, no frame, no other address. */
const POLICY = "default-src 'none'; frame-ancestors 'none'";

/** Headers that a server sends itself count; these are what an answer has otherwise. */
export function headerVariables(): string[] {
  return [
    ...map(expression('$upstream_http_cache_control'), '$cache_control', [
      ['', 'private, no-store'],
      ['default', ''],
    ]),
    ...map(expression('$upstream_http_content_security_policy'), '$content_security_policy', [
      ['', POLICY],
      ['default', ''],
    ]),
  ];
}

/** Headers of all answers of the API, also of those that are errors. */
export function apiHeaders(gateway: Gateway, places: GatewayPlaces): string[] {
  return [
    ...transportSecurity(gateway, places),
    ...added('X-Content-Type-Options', 'nosniff'),
    ...added('Referrer-Policy', 'no-referrer'),
    ...added('X-Frame-Options', 'DENY'),
    ...added('Content-Security-Policy', expression('$content_security_policy')),
    ...added('Cache-Control', expression('$cache_control')),
    // PostgREST does not say that an answer depends on the token, and a cache would give it to others.
    ...added('Vary', 'Authorization, Origin'),
    ...CORS_HEADERS.flatMap(([name, value]) => added(name, value)),
  ];
}

/** Headers of all answers of the token service, which has its own ones beside them. */
export function tokenServiceHeaders(gateway: Gateway, places: GatewayPlaces): string[] {
  return [...transportSecurity(gateway, places), ...added('X-Content-Type-Options', 'nosniff')];
}

function transportSecurity(
  { strictTransportSecuritySeconds: seconds }: Gateway,
  { certificate, isSelfSigned }: GatewayPlaces,
): string[] {
  // A browser that insists on a certificate nobody has signed would lock its user out.
  if (certificate === undefined || isSelfSigned || seconds === 0) return [];
  return added('Strict-Transport-Security', `max-age=${seconds}`);
}

/** Headers of requests that go on to a server: those that say who the client is are the gateway's own. */
export function forwarded(host: Word, protocol: Word): string[] {
  const set = (name: string, value: Word) => directive('proxy_set_header', name, value);
  return [
    set('Host', host),
    set('Connection', ''),
    set('X-Forwarded-For', expression('$remote_addr')),
    set('X-Real-IP', expression('$remote_addr')),
    set('X-Forwarded-Host', host),
    set('X-Forwarded-Proto', protocol),
    ...OVERWRITTEN.map((name) => set(name, '')),
  ];
}

function added(name: string, value: Word): string[] {
  return [directive('add_header', name, value, 'always')];
}
