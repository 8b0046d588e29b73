import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditSurvey } from '../../../audit/anywhere/audit-database.ts';
import type { AnywhereFinding } from '../../../audit/anywhere/anywhere-rule.ts';
import { readSurvey } from '../../../audit/anywhere/read-survey.ts';
import { countsOf, tryFix } from '../../../audit/fixes/try-fixes.ts';
import { configureSession } from '../../../postgres/session.ts';
import { withClient } from '../../../postgres/with-client.ts';
import type { BaseName } from '../../support/audit/corpus/base.ts';
import type { Case } from '../../support/audit/corpus/case.ts';
import { corpus } from '../../support/audit/corpus/index.ts';
import { sample } from '../../support/fuzz.ts';
import { planOf, rowsOf, startBase, type StartedBase } from '../../support/audit/corpus/start-base.ts';

async function findingsIn(client: pg.ClientBase): Promise<readonly AnywhereFinding[]> {
  await configureSession(client);
  return (await auditSurvey(await readSurvey(client))).findings;
}

/** Dangers, without those of the server's release, which depends on the machine. */
const dangersOf = (findings: readonly AnywhereFinding[]) =>
  findings.filter(({ level, object }) => level !== 'info' && object.kind !== 'server');

const isDanger = ({ grade }: Case) => grade === 'open' || grade === 'slow';
const line = ({ level, rule, object, problem }: AnywhereFinding) => `${level}: ${rule}: ${object.text} ${problem}`;

describe.each<BaseName>(['postgrest', 'supabase'])('the corpus of graded databases on the base %s', (name) => {
  let base: StartedBase;
  beforeAll(async () => {
    base = await startBase(name);
  });
  afterAll(() => base[Symbol.asyncDispose]());

  it('the audit says nothing of the base alone', async () => {
    const found = await withClient(base.connection, findingsIn);
    expect(dangersOf(found).map(line)).toEqual([]);
  });

  const cases = sample(corpus.filter((each) => each.base === name)).map((each) => [each.id, each] as const);

  it.each(cases)('Postgres accepts %s, and answers as its grade says', async (_, each) => {
    const shows = each.shows ?? [];
    await base.inTransaction(each, async (client) => {
      for (const show of shows) expect(await rowsOf(client, show), show.sql).toBe(show.rows);
      if (each.plan !== undefined) expect(await planOf(client, shows[0]!)).toContain(each.plan);
    });
  });

  it.each(cases.filter(([, each]) => isDanger(each)))('the audit finds %s, and its fix works', async (_, each) => {
    await base.inTransaction(each, async (client) => {
      const all = await findingsIn(client);
      const found = dangersOf(all);
      expect(
        found.filter(({ rule }) => each.rules?.includes(rule)).length,
        found.map(line).join('\n') || 'nothing found',
      ).toBeGreaterThan(0);
      const known = countsOf(all);
      for (const finding of found) {
        const trial = await tryFix(client, finding, known, {});
        expect(['works', 'no statement'], `${finding.fix.sql.join('; ')}: ${JSON.stringify(trial)}`).toContain(
          trial.outcome,
        );
      }
    });
  });

  it.each(cases.filter(([, each]) => !isDanger(each)))('the audit has no false alarm about %s', async (_, each) => {
    const found = await base.inTransaction(each, findingsIn);
    expect(dangersOf(found).map(line)).toEqual([]);
  });
});
