import pg from 'pg';
import { refuse } from '../../../errors/secured-postgrest-error.ts';
import { raw, statementsOf } from '../../../postgres/statements.ts';
import type { Property } from '../property.ts';
import { withClaims } from './claim-sql.ts';

const statement = statementsOf('access/replay');

/**
 * Has Postgres read the condition of each property, without a row.
 *
 * @throws SecuredPostgrestError `invalid_property` with Postgres' message
 */
export async function checkConditions(
  client: pg.ClientBase,
  properties: readonly Property[],
  place: string,
): Promise<void> {
  for (const { name, relation, only } of properties) {
    const values = { schema: relation.schema, name: relation.name, condition: raw(await withClaims(only, {})) };
    await client.query(statement('check_condition', values)).catch((error: unknown) => {
      if (!(error instanceof pg.DatabaseError)) throw error;
      const fix = 'correct the condition; see the columns of the table';
      refuse('invalid_property', `${place}: ${name}.only`, `"${only}": ${error.message}`, fix, error);
    });
  }
}
