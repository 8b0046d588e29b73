import { statementsOf } from '../postgres/statements.ts';
import type { StatementNames } from '../postgres/statement-names.ts';
import { tokenServiceNames } from '../declaration/token-service/token-service.ts';
import type { Declaration } from '../declaration/types.ts';
import { accountClaimsFunction } from '../declaration/token-service/account-claims.ts';
import type { Database } from './database.ts';
import type { Log } from './log.ts';

const statement = statementsOf('token-service/accounts');

/** Role and claims of an account, as the database says now. */
export type AccountClaims = Readonly<Record<string, unknown>> & { readonly role: string };

/** An account by its name, for a sign-in with a password. */
export interface NamedAccount {
  readonly id: string;
  /** Null for one that has no password. */
  readonly hash: string | null;
}

export class Accounts {
  readonly #database: Database;
  readonly #roles: ReadonlySet<string>;
  readonly #log: Log;
  readonly #claims;
  readonly #byName;

  constructor(database: Database, declaration: Declaration, accountClaims: string | undefined, log: Log) {
    this.#database = database;
    this.#roles = new Set(declaration.users.map(({ name }) => name));
    this.#log = log;
    const prepare = (name: StatementNames['token-service/accounts'], values: Readonly<Record<string, string>>) => ({
      name,
      text: statement(name, values),
    });
    const { schema, name } = accountClaimsFunction(declaration, accountClaims);
    this.#claims = prepare('account_claims', { schema, function: name });
    this.#byName = prepare('account_by_name', { schema: tokenServiceNames(declaration).schema });
  }

  /** Looks an account up. Undefined if it is missing, disabled, or has a role that tokens may not name. */
  async claims(id: string): Promise<AccountClaims | undefined> {
    const { rows } = await this.#database.query<{ claims: AccountClaims | null }>(this.#claims, [id]);
    const claims = rows[0]?.claims;
    if (claims == null) return undefined;
    if (this.#roles.has(claims.role)) return claims;
    this.#log({ event: 'role_not_declared' });
    return undefined;
  }

  async byName(name: string): Promise<NamedAccount | undefined> {
    const { rows } = await this.#database.query<NamedAccount>(this.#byName, [name]);
    return rows[0];
  }
}
