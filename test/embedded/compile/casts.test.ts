import { describe, expect, it } from 'vitest';
import { CASTS } from '../../support/casts.ts';
import { useCluster } from '../../support/database.ts';

const cluster = useCluster();

describe('Postgres casts what test/support/casts.ts says, as tokens/castable.ts has it:', () => {
  it.each(CASTS)('%s', async (type, values, others) => {
    const database = await cluster.database();
    const [row] = await database.sql(
      `SELECT ARRAY(SELECT v FROM unnest($1::text[]) AS v WHERE NOT pg_input_is_valid(v, $3)) AS invalid,
        ARRAY(SELECT v FROM unnest($2::text[]) AS v WHERE pg_input_is_valid(v, $3)) AS valid`,
      [values, others, type],
    );
    expect(row).toEqual({ invalid: [], valid: [] });
  });
});
