import { apiRoles } from '../../declaration/roles.ts';
import type { Declaration } from '../../declaration/types.ts';
import { checkLimits, type GivenLimits } from './limits.ts';
import { checkServerMemory, runtimeOptions, serverMemory } from './postgrest-memory.ts';
import {
  type DatabaseAddress,
  pathOf,
  type Server,
  type ServerDatabase,
  type ServerFile,
  type ServerStop,
} from './server.ts';
import { serverSettings } from './settings.ts';

const DEFAULTS = { user: '1000:1000', cpus: 1 };
const LISTENS: ServerListens = { port: 3000, adminPort: 3001 };

const file = (id: string, fileName: string, more: Omit<ServerFile, 'id' | 'directory' | 'fileName'>): ServerFile => ({
  id,
  directory: `/etc/postgrest/${id}`,
  fileName,
  ...more,
});

/** Files of a PostgREST server. New keys and another login reach a running server. */
const KEYS = file('keys', 'jwks.json', { read: 'running' });
const LOGIN = file('database-login', '.pg_service.conf', { read: 'running' });
/** While a file is written again it is missing for a moment. libpq then reads the second one, which is written afterwards. */
const FALLBACK = file('database-login-fallback', 'pg_service.conf', { read: 'running', writtenAfter: LOGIN.id });
const ROOT_CERTIFICATE = file('root-certificate', 'root-certificate', { read: 'start' });

/** Where a server listens. */
export interface ServerListens {
  /** @default every IPv4 address */
  readonly host?: string;
  readonly port: number;
  /** Port for the server itself. */
  readonly adminPort: number;
}

export interface PostgrestServerOptions extends GivenLimits {
  /** @default 'api' */
  readonly name?: string;
  /** @default every IPv4 address, on port 3000, and 3001 for itself */
  readonly listens?: ServerListens;
  readonly database: ServerDatabase;
  /** PostgREST's version. */
  readonly version: string;
}

/**
 * The PostgREST server of a declaration.
 *
 * @param place of the limits, for errors
 * @throws SecuredPostgrestError `invalid_prop`, `unsupported_version`, `vulnerable_version`
 */
export function postgrestServer(place: string, declaration: Declaration, options: PostgrestServerOptions): Server {
  const { database, version, name = 'api', listens = LISTENS } = options;
  const addresses = databaseAddresses(database);
  const { poolSize } = declaration.server;
  checkServerMemory(place, options.memory ?? serverMemory(poolSize), poolSize);
  const limits = checkLimits(place, options, { ...DEFAULTS, memoryMegabytes: serverMemory(poolSize) });
  const major = Number.parseInt(version, 10);
  return {
    name,
    environment: {
      ...serverSettings(declaration, {
        databaseUri: `postgres:///${encodeURIComponent(database.database)}?service=authenticator`,
        jwtSecret: `@${pathOf(KEYS)}`,
        ...listens,
        version,
      }),
      HOME: LOGIN.directory,
      PGSYSCONFDIR: FALLBACK.directory,
      PGHOST: addresses.map(({ host }) => host).join(','),
      PGPORT: addresses.map(({ port }) => String(port)).join(','),
      ...(database.readReplicas && READS_FIRST),
      PGSSLMODE: database.sslmode,
      ...(database.sslRootCertificate !== undefined && { PGSSLROOTCERT: pathOf(ROOT_CERTIFICATE) }),
      GHCRTS: runtimeOptions(limits.memoryMegabytes, limits.cpus),
    },
    files: [KEYS, LOGIN, FALLBACK, ...(database.sslRootCertificate === undefined ? [] : [ROOT_CERTIFICATE])],
    port: listens.port,
    // The image has no shell, and before 14 no command that could check.
    ...(major >= 14 && {
      healthCheck: { command: ['postgrest', '--ready'], intervalSeconds: 2, timeoutSeconds: 5, retries: 5 },
    }),
    stop: stopOf(declaration, major),
    limits,
  };
}

/**
 * A copy of the database for whoever reads, in turn, and the database itself where none answers. PostgREST listens for changes at the
 * database itself whatever this says (documentation of `db-channel`).
 */
const READS_FIRST = { PGTARGETSESSIONATTRS: 'prefer-standby', PGLOADBALANCEHOSTS: 'random', PGCONNECT_TIMEOUT: '2' };

function databaseAddresses({ internalHost, internalPort, readReplicas = [] }: ServerDatabase): DatabaseAddress[] {
  return [...readReplicas, { host: internalHost, port: internalPort }];
}

/** Seconds that a stop takes beyond the longest request. */
const MARGIN_SECONDS = 5;

/** A request is one statement, which its role's timeout ends. */
function stopOf(declaration: Declaration, major: number): ServerStop {
  const longest = Math.max(...apiRoles(declaration).map(({ statementTimeoutMs }) => statementTimeoutMs), 0);
  return {
    // Before 16, PostgREST ends at once, whatever the signal.
    ...(major >= 16 && { signal: 'SIGTERM' }),
    graceSeconds: Math.ceil(longest / 1000) + MARGIN_SECONDS,
  };
}
