import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BaseName } from '../../support/audit/corpus/base.ts';
import { corpus } from '../../support/audit/corpus/index.ts';
import { sample } from '../../support/fuzz.ts';
import { planOf, rowsOf, startBase, type StartedBase } from '../../support/audit/corpus/start-base.ts';

describe.each<BaseName>(['postgrest', 'supabase'])('the corpus of graded databases on the base %s', (name) => {
  let base: StartedBase;
  beforeAll(async () => {
    base = await startBase(name);
  });
  afterAll(() => base[Symbol.asyncDispose]());

  test.each(sample(corpus.filter((each) => each.base === name)).map((each) => [each.id, each] as const))(
    'Postgres accepts %s, and answers as its grade says',
    async (_, each) => {
      const shows = each.shows ?? [];
      await base.inTransaction(each, async (client) => {
        for (const show of shows) expect(await rowsOf(client, show), show.sql).toBe(show.rows);
        if (each.plan !== undefined) expect(await planOf(client, shows[0]!)).toContain(each.plan);
      });
    },
  );
});
