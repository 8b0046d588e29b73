import { beforeAll } from 'vitest';
import type pg from 'pg';
import type { AnywhereFinding } from '../../../audit/anywhere/anywhere-rule.ts';
import { auditSurvey } from '../../../audit/anywhere/audit-database.ts';
import { readSurvey } from '../../../audit/anywhere/read-survey.ts';
import { configureSession } from '../../../postgres/session.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { useCluster, type TestDatabase } from '../database.ts';

/** PostgREST in front of a plain Postgres: one exposed schema, an anonymous role and one for tokens, nothing for PUBLIC. */
const BASE = `
  CREATE ROLE authenticator LOGIN NOINHERIT;
  CREATE ROLE anon;
  CREATE ROLE member;
  CREATE ROLE owner;
  GRANT anon, member TO authenticator;
  ALTER ROLE authenticator SET pgrst.db_schemas = 'api';
  ALTER ROLE anon SET statement_timeout = '3s';
  ALTER ROLE member SET statement_timeout = '8s';
  REVOKE ALL ON SCHEMA public FROM PUBLIC;
  CREATE SCHEMA api AUTHORIZATION owner;
  CREATE SCHEMA private AUTHORIZATION owner;
  GRANT USAGE ON SCHEMA api TO anon, member;
  ALTER DEFAULT PRIVILEGES FOR ROLE owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
  ALTER DEFAULT PRIVILEGES FOR ROLE postgres REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;`;

/** What is left after the fixes of a rule's findings have run. */
export interface Mended {
  /** Findings of the rule that stay. */
  readonly left: readonly AnywhereFinding[];
  /** Errors and warnings that were not there before, as rule and object. */
  readonly added: readonly string[];
}

/** A database whose objects each audit makes anew, in a transaction that is rolled back. */
export function useAnywhereDatabase() {
  const cluster = useCluster();
  let database: TestDatabase;
  beforeAll(async () => {
    database = await cluster.database();
    await database.sql(BASE);
  });

  /** Runs SQL as the role "owner"; `RESET ROLE` brings the superuser. */
  const having = <T>(
    sql: string,
    work: (audit: () => Promise<readonly AnywhereFinding[]>, client: pg.ClientBase) => T,
  ) =>
    withClient(database.superuser, async (client) => {
      await client.query('BEGIN');
      await client.query('SET LOCAL ROLE owner');
      await client.query(sql);
      await client.query('RESET ROLE');
      await configureSession(client);
      // Nothing is committed: the connection ends.
      return work(async () => (await auditSurvey(await readSurvey(client))).findings, client);
    });

  return {
    /** Findings of a rule in a database with the objects that the SQL makes. */
    findings: (rule: string, sql: string) =>
      having(sql, async (audit) => (await audit()).filter((finding) => finding.rule === rule)),
    /** Runs the SQL of the fixes of a rule's findings, and audits again. */
    mended: (rule: string, sql: string) =>
      having(sql, async (audit, client): Promise<Mended> => {
        const before = await audit();
        for (const { fix } of before.filter((finding) => finding.rule === rule)) {
          for (const statement of fix.sql) await client.query(statement);
        }
        const after = await audit();
        const known = new Set(before.map(keyOf));
        return {
          left: after.filter((finding) => finding.rule === rule),
          added: after.filter((finding) => finding.level !== 'info' && !known.has(keyOf(finding))).map(keyOf),
        };
      }),
  };
}

function keyOf({ rule, object }: AnywhereFinding): string {
  return `${rule} of ${object.text}`;
}
