import { quoteIdentifier } from '../../postgres/quote.ts';
import { packageTemplate } from '../../postgres/template.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';
import type { FoundOutline } from '../database/found.ts';
import type { SchemaFile } from '../files/schema-file.ts';
import type { PresetChoices } from '../project/choices.ts';

/** Platforms whose roles and schemas are known. */
export type PresetName = 'postgrest' | 'supabase';

/** A platform: what its databases have before the first migration of a user. */
export interface Preset extends PresetChoices {
  readonly name: PresetName;
  /** SQL that makes roles and schemas as the platform has them. */
  readonly prelude: readonly SqlSource[];
  /** Migrations of the project that stand for what its roles need of the platform. */
  readonly migrations: (roles: readonly string[]) => readonly SqlSource[];
}

const POSTGREST: Preset = {
  name: 'postgrest',
  schemas: [],
  internalSchemas: [],
  platformSchemas: [],
  platformRoles: [],
  prelude: [],
  migrations: () => [],
};

const PLATFORM_SCHEMAS = [
  'storage',
  'realtime',
  'graphql',
  'graphql_public',
  'vault',
  'net',
  'cron',
  'pgbouncer',
  'pgsodium',
  'supabase_functions',
  'supabase_migrations',
];
const PLATFORM_ROLES = [
  'supabase_admin',
  'supabase_auth_admin',
  'supabase_storage_admin',
  'supabase_realtime_admin',
  'supabase_functions_admin',
  'dashboard_user',
];

/**
 * Extensions that every database of Supabase has, and that schemas use without making them. Their schema is not declared: an
 * admin who is no superuser cannot take their functions from PUBLIC.
 */
function extensionsFile(roles: readonly string[]): SqlSource {
  return {
    file: 'migrations/0000_extensions.sql',
    sql: `CREATE SCHEMA IF NOT EXISTS extensions;
GRANT USAGE ON SCHEMA extensions TO ${roles.map(quoteIdentifier).join(', ')};
CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" SCHEMA extensions;
`,
  };
}

/** The platform finds them in every request. */
const SEARCH_PATH: SqlSource = {
  file: 'search path',
  sql: `ALTER ROLE authenticator SET pgrst.db_extra_search_path = 'public, extensions'`,
};

const OWN_AUTH = /\bcreate\s+schema\s+(if\s+not\s+exists\s+)?"?auth"?\s*;/i;
const OF_EXTENSIONS =
  /\bextensions\.|\bschema\s+"?extensions\b|\b(crypt|gen_salt|digest|hmac|gen_random_bytes|uuid_generate_v\w+)\s*\(/i;
const OF_SUPABASE = /\bauth\.(uid|jwt|role|email|users)\b|\bservice_role\b|\bsupabase_\w+/i;

/** The named preset, or the one that the files speak of. */
export function presetFor(name: PresetName | undefined, files: readonly SchemaFile[], isDump: boolean): Preset {
  const text = files.map(({ sql }) => sql).join('\n');
  const found = name ?? (OF_SUPABASE.test(text) ? 'supabase' : 'postgrest');
  return found === 'supabase' ? supabase(text, isDump) : POSTGREST;
}

/** The preset that a database speaks of by its roles and schemas. */
export function presetOf({ roles, schemas }: FoundOutline): PresetName {
  const isSupabase = roles.some(({ name }) => name === 'service_role') && schemas.some(({ name }) => name === 'auth');
  return isSupabase ? 'supabase' : 'postgrest';
}

/** Schemas that a dump of a database of Supabase does without. */
export const SCHEMAS_OF_SUPABASE = ['auth', 'extensions', ...PLATFORM_SCHEMAS];

function supabase(text: string, isDump: boolean): Preset {
  const hasAuth = OWN_AUTH.test(text);
  const needsExtensions = OF_EXTENSIONS.test(text);
  const auth = packageTemplate('import/supabase/auth');
  return {
    name: 'supabase',
    schemas: ['public'],
    anonymous: 'anon',
    internalSchemas: ['auth'],
    platformSchemas: ['extensions', ...PLATFORM_SCHEMAS],
    platformRoles: PLATFORM_ROLES,
    prelude: [
      packageTemplate('import/supabase/platform'),
      ...(needsExtensions ? [SEARCH_PATH] : []),
      ...(hasAuth ? [] : [auth, packageTemplate('import/supabase/auth-of-platform')]),
      ...(isDump ? [] : [packageTemplate('import/supabase/default-privileges')]),
    ],
    migrations: (roles) => [
      ...(needsExtensions ? [extensionsFile(roles)] : []),
      ...(hasAuth ? [] : [{ file: 'migrations/0000_supabase.sql', sql: auth.sql }]),
    ],
  };
}
