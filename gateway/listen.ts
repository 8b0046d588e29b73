import { listensAt } from './address.ts';
import { block, directive, expression } from './directive.ts';
import { errorPages } from './errors.ts';
import { requestRates } from './limits.ts';
import { isSince } from './nginx-version.ts';
import type { Gateway, GatewayPlaces } from './types.ts';

/** Ciphers of Mozilla's "intermediate" configuration for TLS 1.2; those of 1.3 are all good. */
const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/** The port that clients use. */
export function listen(gateway: Gateway, places: GatewayPlaces, ...more: readonly string[]): string[] {
  const isTls = places.certificate !== undefined;
  const hasDirective = isSince('1.25.1', places.nginxVersion);
  const flags = [
    ...(isTls ? ['ssl'] : []),
    ...(isTls && !hasDirective ? ['http2'] : []),
    ...(gateway.proxyProtocol ? ['proxy_protocol'] : []),
  ];
  return [
    ...listensAt(places, places.port, ...flags, ...more),
    ...(isTls && hasDirective ? [directive('http2', 'on')] : []),
  ];
}

/** Certificate, versions and ciphers. */
export function tls({ certificate }: GatewayPlaces): string[] {
  if (certificate === undefined) return [];
  return [
    directive('ssl_certificate', certificate),
    directive('ssl_certificate_key', certificate),
    directive('ssl_protocols', 'TLSv1.2', 'TLSv1.3'),
    directive('ssl_ciphers', CIPHERS.join(':')),
    directive('ssl_prefer_server_ciphers', 'off'),
    directive('ssl_session_cache', 'shared:tls:4m'),
    // A ticket is encrypted with a key that lives as long as the process: who gets it reads what was recorded.
    directive('ssl_session_tickets', 'off'),
  ];
}

/** A port of plain HTTP that leads to the one with TLS. */
export function redirectServer(gateway: Gateway, places: GatewayPlaces): string[] {
  const { redirect } = places;
  if (redirect === undefined) return [];
  const port = redirect.to === 443 ? '' : `:${redirect.to}`;
  const flags = gateway.proxyProtocol ? ['proxy_protocol'] : [];
  return block(
    ['server'],
    [
      ...listensAt(places, redirect.port, ...flags),
      directive('server_name', ...serverNames(gateway)),
      ...requestRates(gateway),
      ...block(
        ['location', '/'],
        [
          // A token that was sent in the clear must not look as if all was well.
          ...block(['if', expression('($http_authorization)')], [directive('return', 403)]),
          directive('return', 308, expression(`https://$host${port}$request_uri`)),
        ],
      ),
      ...errorPages(),
    ],
  );
}

/** Rejects requests for other hosts. */
export function otherHosts(gateway: Gateway, places: GatewayPlaces): string[] {
  if (gateway.hosts.length === 0) return [];
  return block(
    ['server'],
    [
      ...listen(gateway, places, 'default_server'),
      directive('server_name', '_'),
      ...requestRates(gateway),
      ...block(['location', '/'], [directive('return', 421)]),
      ...errorPages(),
    ],
  );
}

/** Names that a server answers for. */
export function serverNames({ hosts }: Gateway): readonly string[] {
  return hosts.length === 0 ? ['_'] : hosts;
}
