import type pg from 'pg';

/** Sends one message with one or more statements without parameters. Returns the result of each command in it. */
export async function messageResults<Row extends pg.QueryResultRow>(
  client: pg.ClientBase | pg.Pool,
  message: string,
): Promise<readonly pg.QueryResult<Row>[]> {
  // Where a message has several commands, `pg` answers a list, which its types do not say.
  return [await client.query<Row>(message)].flat();
}
