import pg from 'pg';
import { applyDeclaration } from '../../../apply/index.ts';
import type { Declaration } from '../../../declaration/index.ts';
import type { LocalConnection } from '../../../testing/servers/postgres-server.ts';
import { onlookers, type Onlooker, type Sight } from './look.ts';
import type { Interruption } from './sequences.ts';

type Query = (...values: unknown[]) => Promise<unknown>;
type Hook = (client: pg.Client, text: string, send: () => Promise<unknown>) => Promise<unknown>;

/** By database: what is done with each message of a runner. */
const hooks = new Map<string, Hook>();
const prototype = pg.Client.prototype as unknown as { query: Query };
const { query } = prototype;
prototype.query = function (this: pg.Client, ...values: unknown[]) {
  const hook = hooks.get(this.database ?? '');
  const send = () => query.apply(this, values);
  return hook && typeof values[0] === 'string' && !onlookers.has(this) ? hook(this, values[0], send) : send();
};

/** Whether a message changes nothing but the session. */
const reads = (text: string) =>
  text.split('\n;\n').every((sql) => /^(BEGIN|SELECT|WITH|SET|RESET|SAVEPOINT|RELEASE|--)/.test(sql));

/** What a run has answered, and what was seen after each of its commits. */
export interface Overlooked {
  readonly error: Error | undefined;
  readonly sights: readonly { readonly behind: string; readonly sight: Sight }[];
}

/** Applies as a deploy does; `onlooker` looks behind each commit, and again when the run is over. */
export async function overlook(
  connection: LocalConnection,
  declaration: Declaration,
  onlooker: Onlooker,
  interruption?: Interruption,
): Promise<Overlooked> {
  const sights: { behind: string; sight: Sight }[] = [];
  let inTransaction = false;
  let changes = false;
  let sent = 0;
  hooks.set(connection.database, async (client, text, send) => {
    if (sent++ === interruption?.at) await interrupt(client, interruption, onlooker);
    if (/^BEGIN\b/.test(text)) inTransaction = true;
    const answer = await send();
    const ends = text === 'COMMIT' || text.startsWith('ROLLBACK\n');
    if (ends) inTransaction = false;
    else changes ||= !reads(text);
    if (inTransaction || !changes) return answer;
    if (!text.startsWith('ROLLBACK\n')) {
      sights.push({ behind: `${text.slice(0, 60)} (message ${sent})`, sight: await onlooker.look() });
    }
    changes = false;
    return answer;
  });
  try {
    const error = await applyDeclaration(connection, declaration).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    hooks.delete(connection.database);
    await over(onlooker);
    if (error) sights.push({ behind: `the end (${error.message})`, sight: await onlooker.look() });
    return { error, sights };
  } finally {
    hooks.delete(connection.database);
  }
}

/** As when somebody ends the session, or when the process of the runner is gone. */
async function interrupt(client: pg.Client, { how }: Interruption, onlooker: Onlooker): Promise<void> {
  const { connection, processID } = client as unknown as {
    connection: { stream: { destroy(): void } };
    processID: number;
  };
  if (how === 'gone') connection.stream.destroy();
  else await onlooker.sql(`SELECT pg_terminate_backend(${processID})`);
}

/** The server may still be at what a runner has asked that is gone. */
async function over(onlooker: Onlooker): Promise<void> {
  const others = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`;
  while ((await onlooker.sql(others)).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
