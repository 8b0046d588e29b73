import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { auditSurvey } from '../../../audit/anywhere/audit-database.ts';
import { readSurvey } from '../../../audit/anywhere/read-survey.ts';
import type { Survey } from '../../../audit/anywhere/survey.ts';
import { configureSession } from '../../../postgres/session.ts';
import { startBase, type StartedBase } from '../../support/audit/corpus/start-base.ts';

/** Rules that are worth knowing, what has them, and a neighbour that has not. */
const NOTES: readonly (readonly [rule: string, has: string, hasNot: string])[] = [
  ['no_policy', '', `CREATE POLICY own ON api.t FOR SELECT TO member USING (CLAIM)`],
  [
    'dead_policy',
    `CREATE POLICY never ON api.t FOR SELECT TO member USING (false)`,
    `CREATE POLICY own ON api.t FOR SELECT TO member USING (CLAIM)`,
  ],
  [
    'duplicate_policy',
    `CREATE POLICY one ON api.t FOR SELECT TO member USING (CLAIM); CREATE POLICY two ON api.t FOR SELECT TO member USING (CLAIM)`,
    `CREATE POLICY one ON api.t FOR SELECT TO member USING (CLAIM); CREATE POLICY two ON api.t FOR SELECT TO anon USING (CLAIM)`,
  ],
  [
    'update_without_select',
    `GRANT UPDATE ON api.t TO member; CREATE POLICY change ON api.t FOR UPDATE TO member USING (CLAIM)`,
    `GRANT UPDATE ON api.t TO member; CREATE POLICY own ON api.t TO member USING (CLAIM)`,
  ],
  [
    'several_permissive',
    `CREATE POLICY own ON api.t FOR SELECT TO member USING (CLAIM); CREATE POLICY shared ON api.t FOR SELECT TO member USING (is_public)`,
    `CREATE POLICY own ON api.t FOR SELECT TO member USING (CLAIM OR is_public)`,
  ],
  [
    'unknown_role',
    `CREATE POLICY own ON api.t FOR SELECT TO member USING (CLAIM AND (SELECT current_setting('request.jwt.claims', true)::json ->> 'role') = 'membr')`,
    `CREATE POLICY own ON api.t FOR SELECT TO member USING (CLAIM AND (SELECT current_setting('request.jwt.claims', true)::json ->> 'role') = 'member')`,
  ],
  [
    'reference_reveals',
    `CREATE POLICY own ON api.t FOR SELECT TO member USING (CLAIM); CREATE TABLE api.u (t_id int REFERENCES api.t, user_id text);
      ALTER TABLE api.u ENABLE ROW LEVEL SECURITY; GRANT INSERT ON api.u TO member; CREATE POLICY add ON api.u FOR INSERT TO member WITH CHECK (CLAIM)`,
    `CREATE POLICY own ON api.t FOR SELECT TO member USING (true); CREATE TABLE api.u (t_id int REFERENCES api.t, user_id text);
      ALTER TABLE api.u ENABLE ROW LEVEL SECURITY; GRANT INSERT ON api.u TO member; CREATE POLICY add ON api.u FOR INSERT TO member WITH CHECK (CLAIM)`,
  ],
];

const TABLE = `CREATE TABLE api.t (id int PRIMARY KEY, user_id text, is_public boolean); CREATE INDEX ON api.t (user_id);
  ALTER TABLE api.t ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.t TO member;`;
const CLAIM = `user_id = (SELECT current_setting('request.jwt.claims', true)::json ->> 'sub')`;

let base: StartedBase;
beforeAll(async () => {
  base = await startBase('postgrest');
});
afterAll(() => base[Symbol.asyncDispose]());

const surveyOf = (sql: string): Promise<Survey> =>
  base.inTransaction({ id: 'note', title: '', base: 'postgrest', grade: 'fine', sql }, async (client) => {
    await configureSession(client);
    return readSurvey(client);
  });

describe.each(NOTES)('%s', (rule, has, hasNot) => {
  const levels = async (sql: string) => {
    const { findings } = await auditSurvey(await surveyOf(TABLE + sql.replaceAll('CLAIM', CLAIM)));
    return findings.filter((finding) => finding.rule === rule).map(({ level }) => level);
  };

  it('is an info where it is so', async () => expect(await levels(has)).toEqual(['info']));
  it('is silent where it is not', async () => expect(await levels(hasNot)).toEqual([]));
});

describe('the release of the server', () => {
  const rulesOf = async (version: number) => {
    const survey = await surveyOf('');
    const { findings } = await auditSurvey({ ...survey, server: { ...survey.server, version } });
    return findings.filter(({ object }) => object.kind === 'server').map(({ rule }) => rule);
  };

  it('is known for advisories, at its end, or not known', async () => {
    expect(await rulesOf(150_001)).toContain('known_advisory');
    expect(await rulesOf(990_000)).toEqual(['unknown_major']);
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2028-01-01') });
    onTestFinished(() => void vi.useRealTimers());
    expect(await rulesOf(159_999)).toContain('end_of_life');
  });

  it('is rejected where its views run with the rights of their owners only', async () => {
    await expect(rulesOf(140_020)).rejects.toThrow('its server is version 14; use PostgreSQL 15 or later');
  });
});
