import type pg from 'pg';
import { setPassword } from '../apply/create-roles.ts';
import { connect, type DatabaseConnection } from '../postgres/connect.ts';
import { configureSession } from '../postgres/session.ts';
import { statementsOf } from '../postgres/statements.ts';
import type { StatementNames } from '../postgres/statement-names.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { checkTokenSchema, tokenServiceNames } from '../declaration/token-service/token-service.ts';
import type { Declaration, QualifiedName } from '../declaration/types.ts';
import { accountClaimsFunction } from '../declaration/token-service/account-claims.ts';

const statement = statementsOf('token-service/storage');

export interface TokenStorageOptions {
  /** Password of the role that the service signs in as, `<name>_token_service`. */
  readonly password: string;
  /**
   * A function of yours, `schema.function(id text) returns jsonb`, that the service may call. It returns the role and
   * the claims of an account, or null if the account does not exist or may not sign in.
   * @default a function that reads the schema's own `accounts`
   */
  readonly accountClaims?: string | undefined;
}

/**
 * Creates the schema `<name>_tokens` and the login role `<name>_token_service`, which has privileges there only, or
 * brings them up to date. Idempotent.
 *
 * @throws SecuredPostgrestError `database_unreachable`, `schema_not_exposable` if the declaration manages that schema,
 *   `invalid_prop` for a function without a schema, `missing_object` if there is no such function
 * @example
 * await createTokenStorage(admin, declaration, { password });
 */
export async function createTokenStorage(
  admin: DatabaseConnection,
  declaration: Declaration,
  options: TokenStorageOptions,
): Promise<void> {
  checkTokenSchema(declaration);
  const lookUp = accountClaimsFunction(declaration, options.accountClaims);
  const client = await connect(admin);
  try {
    await configureSession(client);
    await client.query('BEGIN');
    await create(client, declaration, lookUp, options);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

async function create(
  client: pg.ClientBase,
  declaration: Declaration,
  lookUp: QualifiedName,
  { password, accountClaims }: TokenStorageOptions,
): Promise<void> {
  const { schema, role } = tokenServiceNames(declaration);
  const { rows } = await client.query<{ database: string }>('SELECT current_database() AS database');
  const run = (name: StatementNames['token-service/storage'], values: Parameters<typeof statement>[1]) =>
    client.query(statement(name, values));
  await run('create_schema', { schema });
  if ((await run('role_exists', { role })).rowCount === 0) await run('create_role', { role });
  await setPassword(client, role, password);
  await run('grant', { schema, role, database: rows[0]!.database });
  if (accountClaims === undefined) return;
  await run('grant_account_claims', { schema: lookUp.schema, function: lookUp.name, role }).catch((error: Error) =>
    refuse(
      'missing_object',
      'accountClaims',
      `"${accountClaims}" cannot be granted: ${error.message}`,
      'make a function with one argument of the type text',
      error,
    ),
  );
}
