import { describe, expect, it } from 'vitest';
import { declare, type DeclarationInput } from '../../../../declaration/index.ts';
import { serverSettings } from '../../../../compile/server/settings.ts';
import { refusal } from '../../../support/errors.ts';

const places = { databaseUri: '@/uri', jwtSecret: '@/jwks', port: 3000, adminPort: 3001 };
const settingsOf = (input: Partial<DeclarationInput>, version?: string) =>
  serverSettings(
    declare({ name: 'notes', schemas: ['api', 'v2'], roles: { anonymous: 'visitor', users: ['member'] }, ...input }),
    { ...places, ...(version !== undefined && { version }) },
  );

describe('serverSettings', () => {
  it('says every setting that decides about access', () => {
    expect(settingsOf({})).toMatchInlineSnapshot(`
      {
        "PGRST_ADMIN_SERVER_HOST": "127.0.0.1",
        "PGRST_ADMIN_SERVER_PORT": "3001",
        "PGRST_CLIENT_ERROR_VERBOSITY": "minimal",
        "PGRST_DB_ANON_ROLE": "visitor",
        "PGRST_DB_CONFIG": "false",
        "PGRST_DB_EXTRA_SEARCH_PATH": "public",
        "PGRST_DB_MAX_ROWS": "1000",
        "PGRST_DB_POOL": "10",
        "PGRST_DB_PRE_REQUEST": "notes_private.pre_request",
        "PGRST_DB_SCHEMAS": "api,v2",
        "PGRST_DB_URI": "@/uri",
        "PGRST_JWT_CACHE_MAX_ENTRIES": "1000",
        "PGRST_JWT_ROLE_CLAIM_KEY": "$.role",
        "PGRST_JWT_SECRET": "@/jwks",
        "PGRST_JWT_SECRET_IS_BASE64": "false",
        "PGRST_LOG_LEVEL": "error",
        "PGRST_OPENAPI_MODE": "follow-privileges",
        "PGRST_SERVER_CORS_ALLOWED_ORIGINS": "https://no-origin.invalid",
        "PGRST_SERVER_HOST": "!4",
        "PGRST_SERVER_PORT": "3000",
      }
    `);
  });

  const admin = { PGRST_ADMIN_SERVER_HOST: '127.0.0.1' };
  const cached = { PGRST_JWT_CACHE_MAX_ENTRIES: '1000' };
  const uncached = { PGRST_JWT_CACHE_MAX_LIFETIME: '0' };
  it.each<[string, string, Record<string, string>]>([
    ['12.0.2', '.role', uncached],
    ['12.2.12', '.role', uncached],
    ['13.0.0', '.role', { ...uncached, ...admin }],
    ['14.1', '.role', { ...cached, ...admin }],
    ['16.2', '$.role', { ...cached, ...admin, PGRST_CLIENT_ERROR_VERBOSITY: 'minimal' }],
  ])('for %s', (version, roleClaim, own) => {
    const differing = ['ADMIN_SERVER_HOST', 'JWT_CACHE_MAX_ENTRIES', 'CLIENT_ERROR_VERBOSITY'].map((n) => `PGRST_${n}`);
    const others = Object.entries(settingsOf({})).filter(([name]) => !differing.includes(name));
    const expected = { ...Object.fromEntries(others), PGRST_JWT_ROLE_CLAIM_KEY: roleClaim, ...own };
    expect(settingsOf({}, version)).toEqual(expected);
    expect(settingsOf({ server: { version } })).toEqual(expected);
  });

  it('follows the declaration', () => {
    const settings = settingsOf({
      schemas: ['public'],
      roles: { users: ['member'] },
      tokens: { audience: 'https://api.example' },
      server: {
        maxRows: 10,
        poolSize: 3,
        corsAllowedOrigins: ['https://a.example', 'https://b.example:8443'],
        openApi: 'disabled',
        logLevel: 'info',
        settings: { 'db-tx-end': 'commit-allow-override', 'client-error-verbosity': 'verbose' },
      },
    });
    expect(settings).not.toHaveProperty('PGRST_DB_ANON_ROLE');
    expect(settings).toMatchObject({
      PGRST_DB_EXTRA_SEARCH_PATH: 'public',
      PGRST_JWT_AUD: 'https://api.example',
      PGRST_DB_MAX_ROWS: '10',
      PGRST_DB_POOL: '3',
      PGRST_SERVER_CORS_ALLOWED_ORIGINS: 'https://a.example,https://b.example:8443',
      PGRST_OPENAPI_MODE: 'disabled',
      PGRST_LOG_LEVEL: 'info',
      PGRST_DB_TX_END: 'commit-allow-override',
      PGRST_CLIENT_ERROR_VERBOSITY: 'verbose',
    });
  });

  const withSetting = (version: string, name: string, value: string) =>
    declare({
      name: 'notes',
      schemas: ['api'],
      roles: { users: [] },
      server: { version, settings: { [name]: value } },
    });

  it.each([
    ['12.0.2', 'db-tx-end', 'rollback'],
    ['16.2', 'db-aggregates-enabled', 'true'],
    ['14.17', 'db-pool-max-lifetime', '60'],
    ['16.2', 'db-extra-search-path', 'extensions, public'],
    ['16.2', 'db-extra-search-path', ''],
    ['12.2.12', 'db-hoisted-tx-settings', 'statement_timeout, work_mem'],
    ['16.2', 'db-hoisted-tx-settings', ''],
    ['16.2', 'server-trace-header', 'X-Request-Id'],
    ['16.2', 'client-error-verbosity', 'minimal'],
    ['14.0', 'jwt-cache-max-entries', '0'],
    ['12.0.2', 'jwt-cache-max-lifetime', '0'],
    ['16.2', 'db-channel-enabled', 'true'],
    ['16.2', 'openapi-security-active', 'true'],
  ])('of %s takes %s=%s', (version, name, value) => {
    expect(withSetting(version, name, value).server.settings).toEqual({ [name]: value });
  });

  it.each([
    ['16.2', 'jwt-cache-max-lifetime', '3600', /PostgREST 16\.2 has no setting .* use one of .*jwt-cache-max-entries/],
    ['13.0.8', 'jwt-cache-max-lifetime', '3600', /tokens of a revoked key/],
    ['12.0.2', 'jwt-cache-max-lifetime', '00', /tokens of a revoked key/],
    ['12.0.2', 'jwt-cache-max-entries', '10', /has no setting/],
    ['12.0.2', 'client-error-verbosity', 'minimal', /has no setting/],
    ['16.2', 'db-channel-enabled', 'false', /a deploy reloads/],
    ['16.2', 'db-channel-enabled', 'off', /a deploy reloads/],
    ['16.2', 'db-channel', 'other', /a deploy reloads/],
    ['16.2', 'db-plan-enabled', 'true', /hidden rows/],
    ['16.2', 'db-hoisted-tx-settings', 'role', /role/],
    ['16.2', 'db-hoisted-tx-settings', 'statement_timeout,request.jwt.claims', /claims/],
    ['16.2', 'db-extra-search-path', 'public, pg_temp', /schemas/],
    ['16.2', 'db-extra-search-path', 'a"b', /schemas/],
    ['16.2', 'db-pool-automatic-recovery', 'false', /come back/],
    ['16.2', 'server-trace-header', 'Authorization', /secret/],
    ['16.2', 'server-trace-header', 'cookie', /secret/],
    ['16.2', 'server-timing-enabled', 'true', /hidden rows/],
    ['16.2', 'server-reuseport', 'true', /another process/],
    ['16.2', 'log-query', 'true', /log/],
    ['12.2.12', 'admin-server-config-enabled', 'true', /secrets/],
    ['16.2', 'app.settings.jwt_secret', 'x', /every role can read/],
    ['16.2', 'internal-schema-cache-query-sleep', '1', /tests/],
    ['16.2', 'admin-server-unix-socket', '/tmp/x', /follows from the declaration/],
    ['16.2', 'jwt-secret', 'x', /follows from the declaration; remove it here: declare keys/],
    ['16.2', 'jwt-role-claim-key', '$.app.role', /declare the claim of a provider in keys\.provider\.roles/],
    ['16.2', 'jwt-secret-is-base64', 'true', /declare keys: \{ secretFile: '…', isBase64: true \}/],
    ['16.2', 'db-pre-request', 'f', /declare server\.preRequest/],
    ['16.2', 'toString', 'x', /has no setting "toString"/],
    ['16.2', 'DB-TX-END', 'rollback', /has no setting/],
  ])('of %s refuses %s=%s', (version, name, value, message) => {
    const error = refusal(() => withSetting(version, name, value));
    expect(error.code).toBe('invalid_server_setting');
    expect(error.message).toMatch(message);
  });

  it('refuses versions that cannot be secured', () => {
    expect(refusal(() => settingsOf({}, '11.0.1')).code).toBe('unsupported_version');
    expect(refusal(() => settingsOf({}, '12.2.3')).code).toBe('vulnerable_version');
  });
});
