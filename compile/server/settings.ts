import { providerOf } from '../../declaration/keys/provider.ts';
import type { Declaration, Server } from '../../declaration/types.ts';
import { checkVersion } from '../../declaration/releases/versions.ts';

/** Where a server finds what is not in the declaration. Secrets are files: `@/path`. */
export interface ServerPlaces {
  /** `@/path` of the file with the connection URI. */
  readonly databaseUri: string;
  /** `@/path` of the file with the key set. */
  readonly jwtSecret: string;
  /** Address that the API listens on. @default every IPv4 address */
  readonly host?: string;
  readonly port: number;
  readonly adminPort: number;
  /** PostgREST's version. @default the declared one */
  readonly version?: string;
}

/**
 * An origin that no browser sends: PostgREST takes an empty list for "any origin" (documentation of
 * `server-cors-allowed-origins`), so "none" has to be said with a name under the reserved top level domain of RFC 2606.
 */
const NO_ORIGIN = 'https://no-origin.invalid';

/**
 * A claim that no token has: PostgREST refuses tokens whose `exp` is not a number, and below a number is nothing. Each token
 * then arrives as the anonymous role, and `pre_request()` decides who it becomes.
 */
const NO_ROLE_CLAIM = '.exp.role';

/** Where requests find types and operators beside the exposed schemas: PostgREST's own default, which most extensions need. */
const EXTRA_SEARCH_PATH = 'public';

/** Schemas in which requests find names, after the exposed one of the request. */
export function extraSearchPath({ server }: { readonly server: Pick<Server, 'settings'> }): readonly string[] {
  const { 'db-extra-search-path': path = EXTRA_SEARCH_PATH } = server.settings;
  return path
    .split(',')
    .map((schema) => schema.trim())
    .filter((schema) => schema !== '');
}

/**
 * The environment of a PostgREST server for a declaration: every security setting is said, none left to a default.
 *
 * @example
 * serverSettings(declaration, { databaseUri: '@/etc/postgrest/database-uri', jwtSecret: '@/etc/postgrest/jwks.json', port: 3000, adminPort: 3001 });
 *
 * @throws SecuredPostgrestError `unsupported_version`, `vulnerable_version`
 */
export function serverSettings(declaration: Declaration, places: ServerPlaces): Record<string, string> {
  const { server, tokens } = declaration;
  const provider = providerOf(declaration.keys);
  const [major] = checkVersion(places.version ?? server.version, 'server.version');
  const settings: Record<string, string> = {
    'db-uri': places.databaseUri,
    'db-schemas': declaration.schemas.join(','),
    'db-extra-search-path': EXTRA_SEARCH_PATH,
    'db-pre-request': `${declaration.privateSchema}.pre_request`,
    // Settings in the database can be read by every role, and changed by the login role itself.
    'db-config': 'false',
    'db-max-rows': String(server.maxRows),
    'db-pool': String(server.poolSize),
    'jwt-secret': places.jwtSecret,
    'jwt-secret-is-base64': 'false',
    // A token of a revoked key must not pass from a cache: one by time is off, and one by entries is emptied with the keys.
    ...(major < 14 ? { 'jwt-cache-max-lifetime': '0' } : { 'jwt-cache-max-entries': '1000' }),
    'jwt-role-claim-key': `${major < 16 ? '' : '$'}${provider ? NO_ROLE_CLAIM : '.role'}`,
    'openapi-mode': server.openApi,
    'log-level': server.logLevel,
    'server-cors-allowed-origins':
      server.corsAllowedOrigins === '*' ? '*' : server.corsAllowedOrigins.join(',') || NO_ORIGIN,
    'server-host': places.host ?? '!4',
    'server-port': String(places.port),
    'admin-server-port': String(places.adminPort),
    // Without a name or an access control of its own: for what runs beside the server. 12 listens where the API does.
    ...(major >= 13 && { 'admin-server-host': '127.0.0.1' }),
    // Details and hints of errors tell the names of tables and functions.
    ...(major >= 16 && { 'client-error-verbosity': 'minimal' }),
    ...server.settings,
  };
  if (declaration.anonymous) settings['db-anon-role'] = declaration.anonymous.name;
  if (tokens.audience !== undefined && !provider) settings['jwt-aud'] = tokens.audience;
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`PGRST_${name.toUpperCase().replaceAll('-', '_')}`, value]),
  );
}
