import { block, directive, expression } from './directive.ts';
import type { GatewayPlaces } from './types.ts';

/** Address of the subrequest inside of nginx. */
const OPEN = '/.gateway/open';

/** Has an opener see the token of a request first, and hands on the signed one that is inside. */
export function openTokens({ opener }: GatewayPlaces): string[] {
  if (opener === undefined) return [];
  return [
    directive('auth_request', OPEN),
    directive(
      'auth_request_set',
      expression('$opened_authorization'),
      expression('$upstream_http_x_opened_authorization'),
    ),
    // Empty for a request without a token: the header is then left out.
    directive('proxy_set_header', 'Authorization', expression('$opened_authorization')),
  ];
}

/** The subrequest: the token alone, without the other headers and the body. */
export function openLocation({ opener }: GatewayPlaces): string[] {
  if (opener === undefined) return [];
  return block(
    ['location', '=', OPEN],
    [
      directive('internal'),
      directive('proxy_pass_request_headers', 'off'),
      directive('proxy_pass_request_body', 'off'),
      directive('proxy_set_header', 'Connection', ''),
      directive('proxy_set_header', 'Content-Length', ''),
      directive('proxy_set_header', 'Authorization', expression('$http_authorization')),
      // A header of the answer holds a whole token.
      directive('proxy_buffer_size', '16k'),
      directive('proxy_buffers', 4, '16k'),
      directive('proxy_pass', 'http://opener/open'),
    ],
  );
}
