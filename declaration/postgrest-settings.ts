import type { Version } from './releases/versions.ts';

/** A setting of PostgREST (its documentation, "Configuration"; its `Config.hs` of 12.0 to 16.2), and whether a declaration may set it. */
export interface PostgrestSetting {
  /** First version with it. @default 12.0 */
  readonly since?: number;
  /** First version without it. @default none */
  readonly until?: number;
  /**
   * `free`: any value is safe. `declared`: another part of the declaration sets it, which is named if it can be written. Otherwise why
   * it is refused, but for values that match.
   */
  readonly rule:
    'free' | { readonly declared: string | undefined } | { readonly because: string; readonly unless?: RegExp };
}

const free = { rule: 'free' } as const;
const declared = { rule: { declared: undefined } } as const;
const declaredBy = (part: string) => ({ rule: { declared: part } }) as const;
const refused = (because: string, unless?: RegExp) => ({ rule: { because, ...(unless && { unless }) } }) as const;

const TRUE = /^true$/;
const FALSE = /^false$/;

/** Every setting that PostgREST reads from its environment: what is not here is none, or one that nobody has thought about. */
export const POSTGREST_SETTINGS: Readonly<Record<string, PostgrestSetting>> = {
  'admin-server-config-enabled': {
    ...refused('it shows the secrets on the admin port', FALSE),
    since: 12.2,
    until: 13,
  },
  'admin-server-host': { ...declared, since: 13 },
  'admin-server-port': declared,
  'admin-server-unix-socket': { ...declared, since: 16 },
  'admin-server-unix-socket-mode': { ...declared, since: 16 },
  'app.settings': refused('every role can read it; keep it in a table, or a function of its own'),
  'client-error-verbosity': { ...free, since: 16 },
  'db-aggregates-enabled': free,
  'db-anon-role': declaredBy('declare roles.anonymous'),
  'db-channel': refused('a deploy reloads servers over the channel "pgrst"', /^pgrst$/),
  'db-channel-enabled': refused(
    'a deploy reloads keys and schema over the channel; behind a pooler, give the servers its session mode',
    TRUE,
  ),
  'db-config': declared,
  'db-extra-search-path': refused(
    'it has to be plain names of schemas, none of them of the system',
    /^(?!pg_|[^]*,\s*pg_)(?:[a-z_][a-z0-9_]*(?:,\s*[a-z_][a-z0-9_]*)*)?$/,
  ),
  'db-hoisted-tx-settings': {
    ...refused(
      'a function could set the role, claims or search path of a request',
      /^(?:(?:statement_timeout|plan_filter\.statement_cost_limit|default_transaction_isolation|work_mem)(?:,\s*(?!$)|$))*$/,
    ),
    since: 12.2,
  },
  'db-max-rows': declaredBy('declare server.maxRows'),
  'db-plan-enabled': refused('plans tell how many hidden rows there are', FALSE),
  'db-pool': declaredBy('declare server.poolSize'),
  'db-pool-acquisition-timeout': free,
  'db-pool-automatic-recovery': refused('a server has to come back with its database', TRUE),
  'db-pool-max-idletime': free,
  'db-pool-max-lifetime': free,
  'db-pool-timeout': free,
  'db-pre-config': declared,
  'db-pre-request': declaredBy('declare server.preRequest'),
  'db-prepared-statements': free,
  'db-root-spec': declared,
  'db-schemas': declaredBy('declare schemas'),
  'db-tx-end': free,
  'db-uri': declared,
  'internal-schema-cache-query-sleep': { ...refused('it is for tests of PostgREST'), since: 14 },
  'internal-schema-cache-query-sleep-before-queries': { ...refused('it is for tests of PostgREST'), since: 16 },
  'internal-schema-cache-sleep': { ...refused('it is for tests of PostgREST'), until: 14 },
  'jwt-aud': declaredBy('declare tokens.audience'),
  // Emptied when the keys change, and the times are checked all the same (`JwtCache.hs`, `Auth.hs`).
  'jwt-cache-max-entries': { ...free, since: 14 },
  'jwt-cache-max-lifetime': { ...refused('tokens of a revoked key would pass from the cache', /^0$/), until: 14 },
  'jwt-role-claim-key': declaredBy(
    'declare the claim of a provider in keys.provider.roles; tokens of other keys name their role in "role"',
  ),
  'jwt-secret': declaredBy('declare keys'),
  'jwt-secret-is-base64': declaredBy("declare keys: { secretFile: '…', isBase64: true }"),
  'log-level': declaredBy('declare server.logLevel'),
  'log-query': { ...refused('values of requests would be in the log', FALSE), since: 13 },
  'openapi-mode': declaredBy('declare server.openApi'),
  'openapi-security-active': free,
  'openapi-server-proxy-uri': free,
  'server-cors-allowed-origins': declaredBy('declare server.corsAllowedOrigins'),
  'server-host': declared,
  'server-port': declared,
  'server-reuseport': { ...refused('another process of the same user could answer in its place', FALSE), since: 16 },
  'server-timing-enabled': refused('it tells how long hidden rows take', FALSE),
  // A client's own header comes back: it must not be a secret that scripts of a page cannot read otherwise.
  'server-trace-header': refused(
    'a header with a secret would come back',
    /^(?!authorization$|cookie$|set-cookie$)[\w-]+$/i,
  ),
  'server-unix-socket': declared,
  'server-unix-socket-mode': declared,
  'url-use-legacy-target-names': { ...free, since: 16 },
  // Older names of some of these, which PostgREST still reads.
  'db-schema': declaredBy('declare schemas'),
  'max-rows': declaredBy('declare server.maxRows'),
  'pre-request': declaredBy('declare server.preRequest'),
  'role-claim-key': declaredBy(
    'declare the claim of a provider in keys.provider.roles; tokens of other keys name their role in "role"',
  ),
  'root-spec': declared,
  'secret-is-base64': declaredBy("declare keys: { secretFile: '…', isBase64: true }"),
};

/** A setting that a version has. */
export function settingNamed(name: string, version: Version): PostgrestSetting | undefined {
  const known = name.startsWith('app.settings.') ? 'app.settings' : name;
  const setting = Object.hasOwn(POSTGREST_SETTINGS, known) ? POSTGREST_SETTINGS[known] : undefined;
  return setting && has(version, setting) ? setting : undefined;
}

/** The names of those that a declaration may set, at least to some values. */
export function settingsOf(version: Version): readonly string[] {
  return Object.entries(POSTGREST_SETTINGS)
    .filter(([, setting]) => has(version, setting))
    .filter(([, { rule }]) => rule === 'free' || ('because' in rule && rule.unless))
    .map(([name]) => name);
}

function has([major, minor]: Version, { since = 0, until = Infinity }: PostgrestSetting): boolean {
  const number = Number(`${major}.${Math.min(minor, 9)}`);
  return since <= number && number < until;
}
