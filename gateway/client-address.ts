import { block, directive, expression, map } from './directive.ts';
import type { Gateway } from './types.ts';

const PROTOCOLS = ['https', 'http'];

/** The client: the one that connects, or the one that a trusted proxy names. */
export function clientAddress({ trustedProxies, proxyProtocol }: Gateway): string[] {
  const trusted = block(
    ['geo', expression('$realip_remote_addr'), expression('$is_trusted_proxy')],
    [directive('default', 0), ...trustedProxies.map((network) => directive(network, 1))],
  );
  return [
    ...trustedProxies.map((network) => directive('set_real_ip_from', network)),
    ...(trustedProxies.length === 0
      ? []
      : [
          directive('real_ip_header', proxyProtocol ? 'proxy_protocol' : 'X-Forwarded-For'),
          directive('real_ip_recursive', 'on'),
        ]),
    ...trusted,
    // The proxy may be the one that has the certificate. One that speaks the PROXY protocol hands on what the client wrote.
    ...map(expression('$is_trusted_proxy:$http_x_forwarded_proto'), '$client_protocol', [
      ...(proxyProtocol ? [] : PROTOCOLS.map((protocol) => [`1:${protocol}`, protocol] as const)),
      ['default', expression('$scheme')],
    ]),
  ];
}
