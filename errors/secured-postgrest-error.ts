/**
 * Every way in which this package refuses something. Codes are stable: match on `error.code`, never on the message.
 */
export type ErrorCode =
  // the declaration
  | 'invalid_declaration'
  | 'invalid_name'
  | 'duplicate_name'
  | 'unknown_role'
  | 'unknown_schema'
  | 'anonymous_is_authenticator'
  | 'privileged_role'
  | 'role_cycle'
  | 'invalid_role_setting'
  | 'policy_without_grant'
  | 'grant_without_policy'
  | 'schema_not_exposable'
  | 'unsafe_cors'
  | 'admin_port_published'
  | 'unsupported_version'
  | 'vulnerable_version'
  | 'invalid_server_setting'
  // SQL that the user brings
  | 'invalid_sql'
  | 'legacy_claim_setting'
  | 'unsafe_claim_cast'
  | 'unknown_placeholder'
  | 'unreadable_sql'
  // keys and tokens
  | 'invalid_key_set'
  | 'empty_key_set'
  | 'private_key_in_key_set'
  | 'unsupported_algorithm'
  | 'weak_key'
  | 'weak_secret'
  | 'invalid_provider'
  | 'provider_unreachable'
  | 'kept_keys_too_old'
  | 'unreadable_key'
  | 'key_exists'
  | 'unknown_key'
  | 'key_in_use'
  | 'keys_changed'
  | 'keys_read_only'
  | 'keys_command_failed'
  | 'nothing_to_undo'
  | 'invalid_token_claim'
  | 'unreadable_token'
  | 'revocation_off'
  // bringing a database to the declared state
  | 'database_unreachable'
  | 'database_locked'
  | 'unsupported_database'
  | 'transaction_pooler'
  | 'missing_privilege'
  | 'major_version_changed'
  | 'missing_role'
  | 'missing_object'
  | 'unfit_column'
  | 'migration_failed'
  | 'migration_changed'
  | 'migration_out_of_order'
  | 'access_sql_failed'
  | 'trial_failed'
  | 'audit_failed'
  | 'scope_not_found'
  | 'invalid_accepted'
  | 'invalid_property'
  | 'proof_contradicted'
  | 'unknown_commit'
  | 'wider_access'
  // running things
  | 'unreadable_secret'
  | 'insecure_secret_file'
  | 'lost_secret'
  | 'secret_exists'
  | 'foreign_deployment'
  | 'password_rejected'
  | 'unsafe_directory'
  | 'invalid_prop'
  | 'server_not_ready'
  | 'server_ended'
  | 'keys_not_used'
  | 'password_not_deployed'
  | 'missing_binary'
  | 'missing_package'
  | 'file_exists'
  | 'port_taken'
  | 'cluster_failed'
  | 'too_many_connections'
  | 'engine_failed'
  | 'foreign_role'
  | 'environment_stopped'
  | 'start_failed';

/** Where an error stands, what is wrong there, and how to fix it. */
export interface ErrorParts {
  readonly place: string;
  readonly problem: string;
  readonly fix: string;
}

/**
 * The one error type of this package. Its message is `<place>: <problem>; <fix> [<code>]`; each part is a field as well.
 *
 * @example
 * try {
 *   declare({ name: 'Todos', schemas: ['api'], roles: { users: [] } });
 * } catch (error) {
 *   if (error instanceof SecuredPostgrestError && error.code === 'invalid_name') {
 *     console.error(`${error.place} is wrong: ${error.problem}. To fix it: ${error.fix}.`);
 *   }
 * }
 */
export class SecuredPostgrestError extends Error implements ErrorParts {
  readonly code: ErrorCode;
  /** The part of the declaration, file, command or object that the error is about, such as `roles.users[0]`. */
  readonly place: string;
  /** Problem at the place; it starts in lower case and quotes the value. */
  readonly problem: string;
  /** Remedy, in lower case. */
  readonly fix: string;

  constructor(code: ErrorCode, { place, problem, fix }: ErrorParts, options?: ErrorOptions) {
    super(`${place}: ${problem}; ${fix} [${code}]`, options);
    this.name = 'SecuredPostgrestError';
    this.code = code;
    this.place = place;
    this.problem = problem;
    this.fix = fix;
  }
}

/** Throws: lower-case `problem` that echoes the value, the `place`, and how to fix it. */
export function refuse(code: ErrorCode, place: string, problem: string, fix: string, cause?: unknown): never {
  throw new SecuredPostgrestError(code, { place, problem, fix }, cause === undefined ? {} : { cause });
}
