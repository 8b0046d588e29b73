import { packageTemplate } from '../../../../postgres/template.ts';

/** A database as it is before a case is added. Each base has a cluster of its own, because both name their roles alike. */
export interface Base {
  /** Superuser of the cluster. */
  readonly superuser: string;
  /** Role that makes what a case has, no superuser. */
  readonly owner: string;
  /** Role of requests with a token. */
  readonly user: string;
  /** Schemas that PostgREST exposes. */
  readonly exposed: string;
  /** Other schemas that cases fill. */
  readonly others: readonly string[];
  /** What the superuser runs in the first database of the cluster. */
  readonly sql: string;
  /** What a copy of that database lacks. */
  readonly everyDatabase: string;
}

export type BaseName = 'postgrest' | 'supabase';

/** PostgREST in front of a plain Postgres: one schema, an anonymous role and one for tokens, nothing for PUBLIC. */
const postgrest: Base = {
  superuser: 'postgres',
  owner: 'owner',
  user: 'member',
  exposed: 'api',
  others: ['private', 'data'],
  sql: `
    CREATE ROLE authenticator LOGIN NOINHERIT;
    CREATE ROLE anon NOLOGIN;
    CREATE ROLE member NOLOGIN;
    CREATE ROLE owner NOLOGIN;
    GRANT anon, member TO authenticator;
    ALTER ROLE authenticator SET pgrst.db_schemas = 'api';
    ALTER ROLE authenticator SET pgrst.db_anon_role = 'anon';
    ALTER ROLE anon SET statement_timeout = '3s';
    ALTER ROLE member SET statement_timeout = '8s';
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    CREATE SCHEMA api AUTHORIZATION owner;
    CREATE SCHEMA private AUTHORIZATION owner;
    GRANT USAGE ON SCHEMA api TO anon, member;
    ALTER DEFAULT PRIVILEGES FOR ROLE owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
    ALTER DEFAULT PRIVILEGES FOR ROLE postgres REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;`,
  everyDatabase: `
    DO $do$ BEGIN
      EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
      EXECUTE format('GRANT CONNECT ON DATABASE %I TO authenticator', current_database());
      EXECUTE format('GRANT CREATE ON DATABASE %I TO owner', current_database());
    END $do$`,
};

const ofImport = (name: 'platform' | 'auth' | 'auth-of-platform' | 'default-privileges') =>
  `${packageTemplate(`import/supabase/${name}`).sql};`;

/** A project of Supabase before its first migration. There, "postgres" is no superuser and passes all policies. */
const supabase: Base = {
  superuser: 'supabase_admin',
  owner: 'postgres',
  user: 'authenticated',
  exposed: 'public',
  others: ['auth', 'storage'],
  sql: [
    'CREATE ROLE postgres LOGIN CREATEROLE CREATEDB REPLICATION BYPASSRLS;',
    ofImport('platform')
      .replace(/CREATE ROLE supabase_admin .*;/, '')
      .replace('ALTER DATABASE imported SET', 'ALTER ROLE postgres SET'),
    ofImport('auth'),
    ofImport('auth-of-platform'),
    'GRANT anon, authenticated, service_role TO postgres WITH ADMIN OPTION;',
    'GRANT ALL ON SCHEMA public, auth, extensions TO postgres;',
    'GRANT ALL ON SCHEMA storage TO supabase_storage_admin WITH GRANT OPTION;',
    'ALTER TABLE storage.buckets OWNER TO supabase_storage_admin;',
    'ALTER TABLE storage.objects OWNER TO supabase_storage_admin;',
    'CREATE UNIQUE INDEX bucketid_objname ON storage.objects (bucket_id, name);',
    'CREATE INDEX name_prefix_search ON storage.objects (name text_pattern_ops);',
    'GRANT ALL ON storage.buckets, storage.objects TO postgres, anon, authenticated, service_role;',
    'ALTER PUBLICATION supabase_realtime OWNER TO postgres;',
    'SET ROLE postgres;',
    ofImport('default-privileges'),
    'RESET ROLE;',
    ofImport('default-privileges'),
  ].join('\n'),
  everyDatabase: '',
};

export const bases: Readonly<Record<BaseName, Base>> = { postgrest, supabase };
