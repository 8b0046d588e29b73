import { refuse } from '../errors/secured-postgrest-error.ts';
import type { Declaration } from '../declaration/types.ts';
import { connect, type DatabaseConnection } from '../postgres/connect.ts';
import { failed, inOneMessage, setRole } from './run-steps.ts';
import { configureSession } from '../postgres/session.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/statements');

/** One token, or all tokens of a subject that were issued until now. */
export type RevokedTokens =
  | {
      /** Its `jti`. */
      readonly tokenId: string;
      /** Expiry of the token. A minute later the revocation is deleted. @default never */
      readonly expiresAt?: Date;
    }
  | {
      /** Value of the declared claim, as text. */
      readonly subject: string;
    };

/** In bytes: no token with a longer name passes the check before each request. */
const LONGEST_NAME = 1000;

/**
 * Revokes tokens, if the declaration has `tokens.revocation`. Requests that begin later get 401.
 *
 * @throws SecuredPostgrestError `revocation_off`, `invalid_prop` for a name that is empty or too long,
 *   `database_unreachable`, `access_sql_failed` if the database is not as declared
 * @example
 * await revokeTokens({ host: '127.0.0.1', database: 'todos', user: 'postgres', password }, declaration, { subject: '7' });
 */
export async function revokeTokens(
  connection: DatabaseConnection,
  declaration: Declaration,
  tokens: RevokedTokens,
): Promise<void> {
  const { name, owner, privateSchema } = declaration;
  if (!declaration.tokens.revocation) {
    refuse('revocation_off', `declaration ${name}`, 'it has no tokens.revocation', 'add it and deploy');
  }
  if ('subject' in tokens) checkName('subject', tokens.subject);
  else checkName('tokenId', tokens.tokenId);
  const sql =
    'subject' in tokens
      ? statement('revoke_subject', { private: privateSchema, subject: tokens.subject })
      : statement('revoke_token', {
          private: privateSchema,
          jti: tokens.tokenId,
          expires_at: tokens.expiresAt?.toISOString() ?? 'infinity',
        });
  const client = await connect(connection);
  try {
    await configureSession(client);
    await client.query(inOneMessage([setRole(owner), sql]));
  } catch (error) {
    failed(
      'access_sql_failed',
      `declaration ${name}`,
      error as Error,
      'apply the declaration first, and come as its admin',
    );
  } finally {
    await client.end();
  }
}

function checkName(place: string, value: string): void {
  const bytes = Buffer.byteLength(value);
  if (bytes === 0) refuse('invalid_prop', place, 'it is empty, and would revoke nothing', 'name what is to be revoked');
  if (bytes > LONGEST_NAME) {
    const problem = `it has ${bytes} bytes, and no token with more than ${LONGEST_NAME} passes`;
    refuse('invalid_prop', place, problem, 'there is nothing to revoke');
  }
}
