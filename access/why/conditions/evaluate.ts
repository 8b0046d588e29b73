import { raw, statementsOf } from '../../../postgres/statements.ts';
import { attempt, attemptAsRequest, claimsAlone, timeout, type RequestSession } from '../request-session.ts';

const statement = statementsOf('access/why');

/** Text of a value, or Postgres' error. */
export type Value = { readonly text: string | null } | { readonly error: string };

/** Rights with which Postgres evaluates: the request with its role and claims, or the connected role with the claims. */
export type Evaluator = 'request' | 'connected role';

/** Values of expressions for rows, by the number of the row and the SQL of the expression. */
export type Values = ReadonlyMap<number, ReadonlyMap<string, Value>>;

/**
 * Evaluates expressions about a table's row, such as conditions of its policies, for each of the kept rows. Postgres finds their
 * functions and tables by their names as the connected role, and checks rights and policies as those of the evaluator.
 */
export async function evaluate(
  session: RequestSession,
  table: string,
  expressions: readonly string[],
  numbers: readonly number[],
  evaluator: Evaluator = 'request',
): Promise<Values> {
  const values = new Map(numbers.map((number) => [number, new Map<string, Value>()]));
  const distinct = [...new Set(expressions)];
  const evaluateSome = async (some: readonly string[], rows: readonly number[]): Promise<void> => {
    if (some.length === 0 || rows.length === 0) return;
    const outcome = await read(session, { table, expressions: some, numbers: rows, evaluator });
    if (outcome.error) {
      if (some.length > 1) for (const one of some) await evaluateSome([one], rows);
      else if (rows.length > 1) for (const row of rows) await evaluateSome(some, [row]);
      else values.get(rows[0]!)!.set(some[0]!, { error: outcome.error.message });
      return;
    }
    for (const { number, parts } of outcome.rows as { number: number; parts: Record<string, string | null> }[]) {
      for (const [index, sql] of some.entries()) values.get(number)?.set(sql, { text: parts[`p${index}`] ?? null });
    }
  };
  await evaluateSome(distinct, numbers);
  return values;
}

function read(
  session: RequestSession,
  asked: { table: string; expressions: readonly string[]; numbers: readonly number[]; evaluator: Evaluator },
) {
  const { table, expressions, numbers, evaluator } = asked;
  const parts = expressions.map((sql, index) =>
    statement('condition', { expression: raw(sql), table, label: `p${index}` }),
  );
  const make = [statement('make_parts', { parts: raw(parts.join(', ')) }), statement('share_parts')];
  const ask = [timeout(session.statementTimeoutMs ?? 0), statement('read_parts', { numbers: numbers.map(String) })];
  if (evaluator === 'request') return inView(session, make, ask);
  return attempt(session, ...make, claimsAlone(session), ...ask);
}

/** The view is made before the request begins: it then has other rights, and may be read-only. */
async function inView(session: RequestSession, make: readonly string[], ask: readonly string[]) {
  const made = await attempt(session, ...make);
  if (made.error) return made;
  for (const sql of make) await session.client.query(sql);
  const outcome = await attemptAsRequest(session, ...ask);
  await session.client.query(statement('drop_parts'));
  return outcome;
}
