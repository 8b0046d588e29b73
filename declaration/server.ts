import { isIPv4, isIPv6 } from 'node:net';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { isLoopback } from './loopback.ts';
import { newestVersion } from './releases/releases.ts';
import { checkSettings } from './check-settings.ts';
import type { Server, ServerInput } from './types.ts';
import { checkVersion } from './releases/versions.ts';

/** Checks the server part of a declaration and fills in its defaults. */
export function checkServer(input: ServerInput): Server {
  const server: Server = {
    version: input.version ?? newestVersion('PostgREST'),
    maxRows: input.maxRows ?? 1000,
    poolSize: input.poolSize ?? 10,
    corsAllowedOrigins: input.corsAllowedOrigins ?? [],
    bindAddress: input.bindAddress ?? '127.0.0.1',
    openApi: input.openApi ?? 'follow-privileges',
    logLevel: input.logLevel ?? 'error',
    settings: input.settings ?? {},
  };
  checkSettings(server.settings, 'server.settings', checkVersion(server.version, 'server.version'));
  if (input.adminPort !== undefined) {
    refuse(
      'admin_port_published',
      'server.adminPort',
      `${input.adminPort} would publish the admin server, which has no access control`,
      'remove it',
    );
  }
  if (!isIPv4(server.bindAddress) && !isIPv6(server.bindAddress)) {
    refuse(
      'invalid_declaration',
      'server.bindAddress',
      `"${server.bindAddress}" is not an IP address`,
      'write it like "127.0.0.1"',
    );
  }
  checkOrigins(server, input.allowAnyOriginOnPublicAddress ?? false);
  return server;
}

function checkOrigins({ corsAllowedOrigins, bindAddress }: Server, allowed: boolean): void {
  const any = corsAllowedOrigins === '*' || corsAllowedOrigins.includes('*');
  if (any && !isLoopback(bindAddress) && !allowed) {
    refuse(
      'unsafe_cors',
      'server.corsAllowedOrigins',
      `"*" lets every web page use the API on the public address ${bindAddress}`,
      'list the origins, or set allowAnyOriginOnPublicAddress',
    );
  }
  if (corsAllowedOrigins === '*') return;
  corsAllowedOrigins.forEach((origin, index) => {
    const place = `server.corsAllowedOrigins[${index}]`;
    if (origin === '*') refuse('unsafe_cors', place, '"*" is not an origin', "write corsAllowedOrigins: '*'");
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      refuse(
        'unsafe_cors',
        place,
        `"${origin}" is not an origin (RFC 6454)`,
        'write it like "https://app.example.com"',
      );
    }
  });
}
