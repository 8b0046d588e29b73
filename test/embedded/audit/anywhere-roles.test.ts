import { describe } from 'vitest';
import { useAnywhereDatabase } from '../../support/audit/anywhere-database.ts';
import { OWN_NOTES, SUB } from '../../support/audit/notes.ts';
import { testRule } from '../../support/audit/rule-cases.ts';
import { SUPABASE } from '../../support/audit/supabase-base.ts';

const database = useAnywhereDatabase();
const secrets = 'CREATE TABLE private.secrets (id int); RESET ROLE;';

describe('the authenticator', () => {
  testRule(
    database,
    'authenticator_privileged',
    [
      {
        title: 'a superuser',
        sql: 'RESET ROLE; ALTER ROLE authenticator SUPERUSER',
        level: 'error',
        object: 'role authenticator',
        says: ['SUPERUSER'],
      },
      {
        title: 'CREATEROLE',
        sql: 'RESET ROLE; ALTER ROLE authenticator CREATEROLE',
        level: 'error',
        object: 'role authenticator',
        says: ['CREATEROLE'],
      },
      {
        title: 'CREATEDB as a warning',
        sql: 'RESET ROLE; ALTER ROLE authenticator CREATEDB',
        level: 'warning',
        object: 'role authenticator',
        says: ['CREATEDB'],
      },
    ],
    [{ title: 'a login of a backend with every right', sql: 'RESET ROLE; CREATE ROLE backend SUPERUSER LOGIN' }],
  );
  testRule(
    database,
    'authenticator_inherits',
    [
      {
        title: 'a membership that is inherited',
        sql: 'RESET ROLE; GRANT member TO authenticator WITH INHERIT TRUE',
        level: 'warning',
        object: 'role authenticator',
        says: ['member'],
      },
    ],
    [
      {
        title: 'an attribute without an inherited membership',
        sql: 'RESET ROLE; ALTER ROLE authenticator INHERIT',
      },
    ],
  );
  testRule(
    database,
    'authenticator_member',
    [
      {
        title: 'an owner of tables',
        sql: `${secrets} GRANT owner TO authenticator`,
        level: 'error',
        object: 'role authenticator',
        says: ['may become owner', 'owns 1 table'],
      },
      {
        title: 'a superuser by way of another role',
        sql: 'RESET ROLE; CREATE ROLE operator; GRANT postgres TO operator; GRANT operator TO authenticator',
        level: 'error',
        object: 'role authenticator',
        says: ['may become postgres', 'is a superuser', 'by way of operator'],
      },
      {
        title: 'a predefined role that reads everything',
        sql: 'RESET ROLE; GRANT pg_read_all_data TO authenticator',
        level: 'error',
        object: 'role authenticator',
        says: ['pg_read_all_data'],
      },
      {
        title: 'a predefined role of operators as a warning',
        sql: 'RESET ROLE; GRANT pg_monitor TO authenticator WITH INHERIT FALSE; REVOKE pg_read_all_settings, pg_read_all_stats, pg_stat_scan_tables FROM pg_monitor',
        level: 'warning',
        object: 'role authenticator',
        says: ['pg_monitor'],
      },
      {
        title: 'a role that passes all policies, and that nothing was granted to',
        sql: 'RESET ROLE; CREATE ROLE support BYPASSRLS; GRANT support TO authenticator',
        level: 'error',
        object: 'role authenticator',
        says: ['support', 'passes all policies'],
      },
      {
        title: 'the service role of Supabase for information',
        sql: SUPABASE,
        level: 'info',
        object: 'role authenticator',
        says: ['service_role'],
        mends: false,
      },
    ],
    [
      {
        title: 'a third role with grants and policies',
        sql: `${OWN_NOTES} RESET ROLE; CREATE ROLE reporter; GRANT reporter TO authenticator; GRANT SELECT ON api.notes TO reporter`,
      },
      {
        title: 'a membership without SET',
        sql: `${secrets} GRANT owner TO authenticator WITH INHERIT FALSE, SET FALSE`,
      },
      { title: 'what a role of requests is a member of', sql: `${secrets} GRANT owner TO member` },
    ],
  );
});

describe('roles of requests', () => {
  testRule(
    database,
    'role_privileged',
    [
      {
        title: 'a role that passes all policies',
        sql: 'RESET ROLE; ALTER ROLE member BYPASSRLS',
        level: 'error',
        object: 'role member',
        says: ['BYPASSRLS'],
      },
      {
        title: 'a superuser to whom tables are granted',
        sql: `${OWN_NOTES} RESET ROLE; ALTER ROLE member SUPERUSER`,
        level: 'error',
        object: 'role member',
        says: ['SUPERUSER'],
      },
      {
        title: 'CREATEDB as a warning',
        sql: 'RESET ROLE; ALTER ROLE anon CREATEDB',
        level: 'warning',
        object: 'role anon',
        says: ['CREATEDB'],
      },
    ],
    [
      { title: 'the service role of Supabase', sql: SUPABASE },
      {
        title: 'a backend that no request becomes',
        sql: 'RESET ROLE; CREATE ROLE backend BYPASSRLS; GRANT USAGE ON SCHEMA api TO backend',
      },
    ],
  );
  testRule(
    database,
    'role_can_login',
    [
      {
        title: 'a login',
        sql: 'RESET ROLE; ALTER ROLE member LOGIN',
        level: 'warning',
        object: 'role member',
        says: ['any claim'],
      },
    ],
    [{ title: 'a login of a backend', sql: 'RESET ROLE; CREATE ROLE backend LOGIN' }],
  );
  testRule(
    database,
    'role_owns_objects',
    [
      {
        title: 'a table whose policies do not bind its owner',
        sql: `CREATE TABLE api.a (id int); ALTER TABLE api.a ENABLE ROW LEVEL SECURITY; RESET ROLE; ALTER TABLE api.a OWNER TO member`,
        level: 'error',
        object: 'role member',
        says: ['api.a', 'not forced'],
        mends: false,
      },
      {
        title: 'a function as a warning',
        sql: `CREATE FUNCTION api.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; RESET ROLE; ALTER FUNCTION api.f OWNER TO member`,
        level: 'warning',
        object: 'role member',
        says: ['api.f()'],
        mends: false,
      },
      {
        title: 'a table with forced policies as a warning',
        sql: `${OWN_NOTES} RESET ROLE; ALTER TABLE api.notes OWNER TO member`,
        level: 'warning',
        object: 'role member',
        says: ['api.notes'],
        mends: false,
      },
    ],
    [{ title: 'objects of a role that no request becomes', sql: OWN_NOTES }],
  );
  testRule(
    database,
    'role_member',
    [
      {
        title: 'a role that inherits pg_read_all_data by way of another one',
        sql: 'RESET ROLE; CREATE ROLE readers; GRANT pg_read_all_data TO readers; GRANT readers TO member WITH SET FALSE',
        level: 'error',
        object: 'role member',
        says: ['pg_read_all_data', 'by way of readers'],
      },
      {
        title: 'a role that inherits the owner of tables',
        sql: `${secrets} GRANT owner TO member`,
        level: 'error',
        object: 'role member',
        says: ['owner', 'owns 1 table'],
      },
      {
        title: 'an anonymous role with the rights of members as a warning',
        sql: 'RESET ROLE; GRANT member TO anon',
        level: 'warning',
        object: 'role anon',
        says: ['rights of member without a token'],
      },
    ],
    [
      { title: 'members that inherit what the anonymous role may', sql: 'RESET ROLE; GRANT anon TO member' },
      {
        title: 'a membership that gives nothing',
        sql: `${secrets} GRANT owner TO member WITH INHERIT FALSE, SET FALSE`,
      },
      {
        title: 'a group that has grants alone',
        sql: `${OWN_NOTES} RESET ROLE; CREATE ROLE readers; GRANT SELECT ON api.notes TO readers; GRANT readers TO member; CREATE POLICY readers ON api.notes FOR SELECT TO readers USING (user_id = ${SUB})`,
      },
    ],
  );
  testRule(
    database,
    'role_admin',
    [
      {
        title: 'a role of requests that may grant another one',
        sql: 'RESET ROLE; CREATE ROLE staff; GRANT staff TO member WITH ADMIN TRUE, INHERIT FALSE, SET FALSE',
        level: 'error',
        object: 'role member',
        says: ['may grant staff'],
      },
      {
        title: 'an authenticator that may grant its roles',
        sql: 'RESET ROLE; GRANT anon TO authenticator WITH ADMIN TRUE',
        level: 'error',
        object: 'role authenticator',
        says: ['may grant anon'],
      },
    ],
    [{ title: 'an administrator', sql: 'RESET ROLE; CREATE ROLE admin LOGIN; GRANT anon TO admin WITH ADMIN TRUE' }],
  );
  testRule(
    database,
    'login_shared',
    [
      {
        title: 'a login that is a member of roles of requests',
        sql: 'RESET ROLE; CREATE ROLE clerk LOGIN; GRANT member, anon TO clerk',
        level: 'warning',
        object: 'role clerk',
        says: ['anon and member', 'any claim'],
      },
    ],
    [
      { title: 'a superuser', sql: 'RESET ROLE; CREATE ROLE admin SUPERUSER LOGIN; GRANT member TO admin' },
      {
        title: 'the second login of PostgREST',
        sql: 'RESET ROLE; CREATE ROLE authenticator_2 LOGIN NOINHERIT; GRANT member, anon TO authenticator_2',
      },
      { title: 'a group without a login', sql: 'RESET ROLE; CREATE ROLE staff; GRANT member TO staff' },
      {
        title: 'a login for migrations, whose roles own tables',
        sql: `${secrets} CREATE ROLE deployer LOGIN; GRANT owner TO deployer`,
      },
      {
        title: 'administrators of Supabase',
        sql: `${SUPABASE} RESET ROLE; CREATE ROLE supabase_storage_admin LOGIN; GRANT member TO supabase_storage_admin`,
      },
      {
        title: 'who may only grant the role',
        sql: 'RESET ROLE; CREATE ROLE admin LOGIN; GRANT anon TO admin WITH ADMIN TRUE, INHERIT FALSE, SET FALSE',
      },
    ],
  );
  testRule(
    database,
    'replication_role',
    [
      {
        title: 'a login that copies the cluster, for information',
        sql: 'RESET ROLE; CREATE ROLE copier LOGIN REPLICATION',
        level: 'info',
        object: 'role copier',
        says: ['whole cluster'],
      },
    ],
    [
      { title: 'a superuser', sql: 'RESET ROLE; CREATE ROLE admin SUPERUSER LOGIN REPLICATION' },
      {
        title: "a login of Supabase's own",
        sql: `${SUPABASE} RESET ROLE; CREATE ROLE supabase_replication_admin LOGIN REPLICATION`,
      },
    ],
  );
});
