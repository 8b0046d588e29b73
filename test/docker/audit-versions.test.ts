import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { auditSurvey } from '../../audit/anywhere/audit-database.ts';
import { readSurvey } from '../../audit/anywhere/read-survey.ts';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import { configureSession } from '../../postgres/session.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { withClient } from '../../postgres/with-client.ts';
import { bases } from '../support/audit/corpus/base.ts';
import { corpus } from '../support/audit/corpus/index.ts';
import { docker } from '../support/deployment.ts';
import { sample } from '../support/fuzz.ts';
import { postgresImage } from '../support/images.ts';

const base = bases.postgrest;
const PASSWORD = 'only for this test';

/** From PostgreSQL 16 on, a membership has options of its own. */
const since16 = (sql: string) => /\bWITH INHERIT\b/i.test(sql);

describe.each(['15', '17'])('the audit of the corpus on PostgreSQL %s', (version) => {
  let container: string;
  let connection: DatabaseConnection;

  beforeAll(async () => {
    const image = postgresImage.replace(/:[^:/]*$/, `:${version}`);
    const options = ['--detach', '--env', `POSTGRES_PASSWORD=${PASSWORD}`, '--publish', '127.0.0.1::5432'];
    container = docker('run', ...options, image).trim();
    const port = Number(docker('port', container, '5432').trim().split(':').at(-1));
    connection = { host: '127.0.0.1', port, database: 'postgres', user: 'postgres', password: PASSWORD };
    const make = () => withClient(connection, (client) => client.query(`${base.sql};${base.everyDatabase}`));
    // The server of the entry point that makes the database answers on no address.
    await vi.waitFor(make, { timeout: 60_000, interval: 500 });
  });
  afterAll(() => docker('rm', '--force', '--volumes', container));

  const cases = sample(corpus.filter((each) => each.base === 'postgrest' && !(version === '15' && since16(each.sql))));

  it.each(cases.map((each) => [each.id, each] as const))('is right about %s', async (_, { grade, rules, sql }) => {
    const found = await withClient(connection, async (client) => {
      await client.query(`BEGIN; SET LOCAL ROLE ${quoteIdentifier(base.owner)}; ${sql}; RESET ROLE`);
      await configureSession(client);
      return (await auditSurvey(await readSurvey(client))).findings;
    });
    // What the release of the server is known for depends on the machine.
    const dangers = found.filter(({ level, object }) => level !== 'info' && object.kind !== 'server');
    if (grade === 'open' || grade === 'slow') expect(dangers.some(({ rule }) => rules?.includes(rule))).toBe(true);
    else expect(dangers).toEqual([]);
  });
});
