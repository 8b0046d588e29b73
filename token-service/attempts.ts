import { statementsOf } from '../postgres/statements.ts';
import type { StatementNames } from '../postgres/statement-names.ts';
import type { Database } from './database.ts';

const statement = statementsOf('token-service/accounts');

/** How many attempts to sign in are let through, failed ones above all. */
export interface AttemptLimits {
  /** For one account name, known or not; a sign-in clears it. @default 10 */
  readonly perAccount: number;
  /** From one address (of IPv6: one /64), where a sign-in counts as none. @default 50 */
  readonly perAddress: number;
  /** For how long they are counted together, in seconds. @default 900 */
  readonly windowSeconds: number;
}

export class Attempts {
  readonly #database: Database;
  readonly #limits: AttemptLimits;
  readonly #statements;

  constructor(database: Database, schema: string, limits: AttemptLimits) {
    this.#database = database;
    this.#limits = limits;
    const prepare = (name: StatementNames['token-service/accounts']) => ({ name, text: statement(name, { schema }) });
    this.#statements = {
      take: prepare('take_attempt'),
      forget: prepare('forget_attempts'),
      giveBack: prepare('give_back_attempt'),
    };
  }

  /** Counts one before the password is looked at, so that many at once get no further than many in turn. */
  async take(name: string, address: string): Promise<boolean> {
    const { perAccount, perAddress } = this.#limits;
    // An address that is refused must not lock accounts.
    return (await this.#count(addressOf(address))) <= perAddress && (await this.#count(accountOf(name))) <= perAccount;
  }

  async succeeded(name: string, address: string): Promise<void> {
    await Promise.all([
      this.#database.query(this.#statements.forget, [accountOf(name)]),
      this.#database.query(this.#statements.giveBack, [addressOf(address)]),
    ]);
  }

  async #count(subject: string): Promise<number> {
    const values = [subject, this.#limits.windowSeconds];
    const { rows } = await this.#database.query<{ count: number }>(this.#statements.take, values);
    return rows[0]!.count;
  }
}

function accountOf(name: string): string {
  return `account ${name}`;
}

function addressOf(address: string): string {
  return `address ${network(address)}`;
}

/** Counts an IPv6 address as its /64 network, which one customer has as a whole. */
export function network(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1] ?? address;
  if (!mapped.includes(':')) return mapped;
  const [head = '', tail] = mapped.replace(/%.*/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [...groups, ...Array<string>(Math.max(missing, 0)).fill('0'), ...(tail ? tail.split(':') : [])];
  return all
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':');
}
