import { describe, expect, it } from 'vitest';
import { declare, serverSettings, type DeclarationInput } from '../../../declaration/index.ts';
import { refusal } from '../../support/errors.ts';

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
        "PGRST_ADMIN_SERVER_PORT": "3001",
        "PGRST_DB_ANON_ROLE": "visitor",
        "PGRST_DB_CONFIG": "false",
        "PGRST_DB_EXTRA_SEARCH_PATH": "",
        "PGRST_DB_MAX_ROWS": "1000",
        "PGRST_DB_POOL": "10",
        "PGRST_DB_PRE_REQUEST": "notes_private.pre_request",
        "PGRST_DB_SCHEMAS": "api,v2",
        "PGRST_DB_URI": "@/uri",
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

  it.each([
    ['12.0.2', '.role'],
    ['13.0.0', '.role'],
    ['14.1', '.role'],
    ['16.2', '$.role'],
  ])('for %s', (version, roleClaim) => {
    const expected = { ...settingsOf({}), PGRST_JWT_ROLE_CLAIM_KEY: roleClaim };
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
        settings: { 'db-tx-end': 'commit-allow-override' },
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
    });
  });

  it('refuses versions that can not be secured', () => {
    expect(refusal(() => settingsOf({}, '11.0.1')).code).toBe('unsupported_version');
    expect(refusal(() => settingsOf({}, '12.2.3')).code).toBe('vulnerable_version');
  });
});
