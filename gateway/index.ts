/**
 * The gateway: options, checked, and the nginx configuration that is made of them. Pure text.
 *
 * @module
 */
export { checkGateway } from './check-gateway.ts';
export { gatewayConfiguration, type GatewayConfiguration } from './configuration.ts';
export { limitsFor } from './rpc-body.ts';
export { leavingFile, leavingServers, newServers, serversText, type Upstream } from './servers.ts';
export { upstreamsFile } from './upstreams.ts';
export { NGINX_IMAGE } from './nginx-version.ts';
export type { Gateway, GatewayInput, GatewayLimits, GatewayPlaces, GatewayTimeouts, ServerAddress } from './types.ts';
