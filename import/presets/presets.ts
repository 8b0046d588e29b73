import { packageTemplate } from '../../postgres/template.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';
import type { SchemaFile } from '../files/schema-file.ts';
import type { PresetChoices } from '../project/choices.ts';

/** Platforms whose roles and schemas are known. */
export type PresetName = 'postgrest' | 'supabase';

/** A platform: what its databases have before the first migration of a user. */
export interface Preset extends PresetChoices {
  readonly name: PresetName;
  /** SQL that makes roles and schemas as the platform has them. */
  readonly prelude: readonly SqlSource[];
  /** Migrations of the project that stand for what it needs of the platform. */
  readonly migrations: readonly SqlSource[];
}

const POSTGREST: Preset = {
  name: 'postgrest',
  schemas: [],
  internalSchemas: [],
  platformSchemas: [],
  platformRoles: [],
  prelude: [],
  migrations: [],
};

/** Extensions that every database of Supabase has, and that schemas use without making them. */
const EXTENSIONS: SqlSource = {
  file: 'migrations/0000_extensions.sql',
  sql: `CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" SCHEMA extensions;
`,
};

const OWN_AUTH = /\bcreate\s+schema\s+(if\s+not\s+exists\s+)?"?auth"?\s*;/i;
const OF_EXTENSIONS = /\bextensions\.|\b(crypt|gen_salt|digest|hmac|gen_random_bytes|uuid_generate_v\w+)\s*\(/i;
const OF_SUPABASE = /\bauth\.(uid|jwt|role|email|users)\b|\bservice_role\b|\bsupabase_\w+/i;

/** The named preset, or the one that the files speak of. */
export function presetFor(name: PresetName | undefined, files: readonly SchemaFile[], isDump: boolean): Preset {
  const text = files.map(({ sql }) => sql).join('\n');
  return (name ?? (OF_SUPABASE.test(text) ? 'supabase' : 'postgrest')) === 'supabase' ? supabase(text, isDump) : POSTGREST;
}

function supabase(text: string, isDump: boolean): Preset {
  const hasAuth = OWN_AUTH.test(text);
  const needsExtensions = OF_EXTENSIONS.test(text);
  const auth = packageTemplate('import/supabase/auth');
  return {
    name: 'supabase',
    schemas: ['public'],
    anonymous: 'anon',
    internalSchemas: ['auth', ...(needsExtensions ? ['extensions'] : [])],
    platformSchemas: ['storage', 'realtime', 'graphql', 'graphql_public', 'vault', 'net', 'cron', 'pgsodium', 'supabase_functions', 'supabase_migrations'],
    platformRoles: ['supabase_admin', 'supabase_auth_admin', 'supabase_storage_admin', 'supabase_realtime_admin', 'supabase_functions_admin', 'dashboard_user'],
    prelude: [
      packageTemplate('import/supabase/platform'),
      ...(hasAuth ? [] : [auth, packageTemplate('import/supabase/auth-of-platform')]),
      ...(isDump ? [] : [packageTemplate('import/supabase/default-privileges')]),
    ],
    migrations: [
      ...(needsExtensions ? [EXTENSIONS] : []),
      ...(hasAuth ? [] : [{ file: 'migrations/0000_supabase.sql', sql: auth.sql }]),
    ],
  };
}
