// Written by `npm run statement-names` from the files in `sql/`.

/** Names of the statements in each file of `sql/` that holds several. */
export interface StatementNames {
  'access/probes':
    | 'begin'
    | 'begin_command'
    | 'begin_subjects'
    | 'end_command'
    | 'relation'
    | 'roles'
    | 'join_role'
    | 'columns'
    | 'lock_table'
    | 'binding_tables'
    | 'owner_views'
    | 'use_owner_rights'
    | 'keep_rows'
    | 'count_rows'
    | 'drop_last_row'
    | 'keep_defaults'
    | 'sequences'
    | 'keep_sequence'
    | 'aim'
    | 'show_rows'
    | 'make_functions'
    | 'settable'
    | 'set_column_by_insert'
    | 'set_column_by_update'
    | 'pre_request'
    | 'try'
    | 'read'
    | 'select_table'
    | 'insert'
    | 'insert_defaults'
    | 'update_table'
    | 'delete_table'
    | 'select_view'
    | 'update_view'
    | 'delete_view';
  'apply/connections': 'limits';
  'apply/extensions':
    | 'untrusted_extensions'
    | 'unsafe_schemas'
    | 'fixed_schema'
    | 'create_extension'
    | 'comment_on_extension'
    | 'migration_settings'
    | 'restore_setting';
  'apply/listeners': 'time' | 'unseen_logins' | 'join' | 'sessions' | 'schema_reads';
  'apply/reach': 'read_written' | 'read_reach';
  'apply/roles': 'create_role' | 'alter_role' | 'set_password' | 'grant_membership' | 'revoke_membership';
  'apply/statements':
    | 'configure_migration'
    | 'forced_tables'
    | 'unforced_tables'
    | 'join_owner'
    | 'create_schema'
    | 'own_schema'
    | 'own_relation'
    | 'own_function'
    | 'own_type'
    | 'grant_on_database'
    | 'revoke_on_database'
    | 'grant_on_schema'
    | 'revoke_on_schema'
    | 'grant_on_relation'
    | 'revoke_on_relation'
    | 'grant_on_sequence'
    | 'revoke_on_sequence'
    | 'grant_on_function'
    | 'revoke_on_function'
    | 'revoke_on_type'
    | 'close_future_functions'
    | 'close_future_types'
    | 'revoke_default_privileges'
    | 'revoke_database_default_privileges'
    | 'set_role_setting'
    | 'reset_role_setting'
    | 'reset_role_in_database'
    | 'enable_row_security'
    | 'disable_row_security'
    | 'force_row_security'
    | 'no_force_row_security'
    | 'use_invoker_rights'
    | 'drop_policy'
    | 'fingerprint_policy'
    | 'drop_trigger'
    | 'drop_rule'
    | 'drop_default'
    | 'fingerprint_trigger'
    | 'drop_function'
    | 'fingerprint_function'
    | 'interrupted_builds'
    | 'drop_index'
    | 'create_bookkeeping'
    | 'read_migrations'
    | 'create_confinement'
    | 'check_confinement'
    | 'run_confined'
    | 'run_confined_parameter'
    | 'deferrable'
    | 'set_immediate'
    | 'set_deferred'
    | 'check_pending'
    | 'close_cursors'
    | 'set_trial'
    | 'back_to_trial'
    | 'release_trial'
    | 'own_table_files'
    | 'drop_confinement'
    | 'record_migration'
    | 'read_revision'
    | 'role_exists'
    | 'record_revision'
    | 'revoke_token'
    | 'revoke_subject'
    | 'role_versions'
    | 'invalidate_plans'
    | 'fingerprint_schema'
    | 'reload_schema'
    | 'reload_config';
  'apply/trial':
    'begin' | 'end' | 'join_role' | 'let_create' | 'begin_request' | 'create_trial' | 'try_role' | 'lacking';
  'cli/explorer': 'functions';
  'cli/types': 'begin' | 'schemas' | 'grantees' | 'relations' | 'foreign_keys' | 'functions' | 'types';
  'import/compare':
    | 'stand_in'
    | 'create_role'
    | 'missing_roles'
    | 'join'
    | 'without_triggers'
    | 'set_savepoint'
    | 'back_to_savepoint'
    | 'insert'
    | 'insert_defaults'
    | 'rows';
  'import/confined':
    | 'make_login'
    | 'close_extensions'
    | 'untrusted_extensions'
    | 'add_extension'
    | 'allow_setting'
    | 'search_path'
    | 'begin'
    | 'set_search_path'
    | 'other_superusers'
    | 'tame';
  'import/database':
    | 'begin'
    | 'version'
    | 'roles'
    | 'schemas'
    | 'relations'
    | 'policies'
    | 'functions'
    | 'sequences'
    | 'triggers'
    | 'default_privileges'
    | 'extensions'
    | 'database_settings';
  'import/laboratory': 'role_exists' | 'create_role' | 'schema_exists' | 'nothing';
  'import/proof': 'begin' | 'bare_copy' | 'fill' | 'fill_once' | 'make_function' | 'outcome' | 'differing' | 'passing';
  'postgres/catalogs': 'read_catalogs' | 'read_outward' | 'catalog';
  'postgres/session':
    | 'read_server'
    | 'read_backend'
    | 'lock'
    | 'lock_transaction'
    | 'lock_holder'
    | 'configure_session'
    | 'become'
    | 'reset_role'
    | 'reset_all'
    | 'set_savepoint'
    | 'release_savepoint'
    | 'back_to_savepoint';
  'testing/attempts': 'begin' | 'select' | 'insert' | 'insert_defaults' | 'update' | 'delete' | 'column_is';
  'testing/databases':
    | 'copy_database'
    | 'copy_database_by'
    | 'reject_connections'
    | 'accept_connections'
    | 'cut_off'
    | 'drop_database'
    | 'privileges_on_database'
    | 'find_names';
  'testing/existing':
    'lock' | 'try_lock' | 'unlock' | 'databases' | 'present_roles' | 'tagged_roles' | 'tag_role' | 'drop_role';
  'token-service/accounts':
    'account_claims' | 'account_by_name' | 'take_attempt' | 'forget_attempts' | 'give_back_attempt';
  'token-service/storage': 'create_schema' | 'create_role' | 'role_exists' | 'grant' | 'grant_account_claims';
  'token-service/tokens':
    | 'upsert'
    | 'find'
    | 'find_by_uid'
    | 'find_by_user_code'
    | 'consume'
    | 'destroy'
    | 'revoke_by_grant'
    | 'remove_expired_tokens'
    | 'remove_expired_attempts';
}
