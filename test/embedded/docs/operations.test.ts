import { execFileSync } from 'node:child_process';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { auditDatabase } from '../../../apply/index.ts';
import { allRows, custom, declare, type Declaration } from '../../../declaration/index.ts';
import { connect, type DatabaseConnection } from '../../../postgres/connect.ts';
import { startEphemeralPostgrest } from '../../../testing/index.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { codeBlocks } from '../../support/docs/markdown.ts';
import { POSTGRES_ADVISORIES } from '../../support/embedded-advisories.ts';

const cluster = useCluster();
const PASSWORD = 'of a role in this test';
const FORCED = 'query would be affected by row-level security policy for table "notes"';

/** The page's SQL by its first words. */
function sqlOf(beginning: string): string {
  const found = codeBlocks('docs/operations.md').find(
    ({ language, text }) => language === 'sql' && text.startsWith(beginning),
  );
  return found!.text;
}

const declared = (name: string): Declaration =>
  declare({
    name,
    schemas: ['api'],
    roles: { anonymous: `${name}_anon`, users: [`${name}_janitor`] },
    acceptedAdvisories: POSTGRES_ADVISORIES,
    migrations: [
      {
        file: '001.sql',
        sql: `CREATE TABLE notes (id int PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now());
          ${sqlOf('CREATE FUNCTION')}`,
      },
    ],
    tables: [
      {
        name: 'notes',
        grants: [
          { to: `${name}_anon`, select: true, insert: true },
          { to: `${name}_janitor`, select: true, delete: true },
        ],
        policies: [
          allRows({ to: `${name}_anon` }),
          custom({
            to: `${name}_janitor`,
            using: { file: 'expired.sql', sql: `created_at < now() - interval '30 days'` },
          }),
        ],
      },
    ],
    functions: [{ name: 'notes_by_ids', execute: `${name}_anon` }],
  });

/** A deployed database of an admin that is no superuser, with an old row and a new one. */
async function deployed(): Promise<TestDatabase> {
  const database = await cluster.database('database owner');
  await database.apply(declared(database.name));
  await database.sql(`INSERT INTO api.notes VALUES (1, now() - interval '1 year'), (2, now())`);
  return database;
}

/** Statements of the page, for a database of another name. */
const named = ({ name }: TestDatabase, sql: string) => sql.replaceAll(/(?<!\.)\bnotes(?=_| TO )/g, name);

async function asRole<T>(connection: DatabaseConnection, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(connection);
  return work(client).finally(() => client.end());
}

async function login(database: TestDatabase, beginning: string, role: string): Promise<DatabaseConnection> {
  await database.sql(named(database, sqlOf(beginning)));
  const user = `${database.name}_${role}`;
  await database.sql(`ALTER ROLE ${user} PASSWORD '${PASSWORD}'`);
  return { ...database.superuser, user, password: PASSWORD };
}

describe('docs/operations.md: a backup', () => {
  const READ = 'COPY api.notes TO STDOUT';

  it('of the admin fails as pg_dump reads, and is empty as pg_dump --enable-row-security reads', async () => {
    const database = await deployed();
    await asRole(database.admin, async (client) => {
      await client.query('SET row_security = off');
      await expect(client.query(READ)).rejects.toThrow(FORCED);
      await client.query('SET row_security = on');
      expect((await client.query('SELECT * FROM api.notes')).rows).toEqual([]);
    });
  });

  it('of a role with BYPASSRLS has every row, and deploys leave that role', async () => {
    const database = await deployed();
    const backup = await login(database, 'CREATE ROLE notes_backup', 'backup');
    await database.apply(declared(database.name));
    expect(await auditDatabase(database.admin, declared(database.name))).toEqual([]);
    await asRole(backup, async (client) => {
      await client.query('SET row_security = off');
      expect((await client.query('SELECT id FROM api.notes ORDER BY id')).rows).toEqual([{ id: 1 }, { id: 2 }]);
      await expect(client.query('DELETE FROM api.notes')).rejects.toThrow('permission denied');
    });
    if (!hasPgDump()) return;
    const { host, port, password, user } = backup;
    const dump = execFileSync('pg_dump', ['--host', host, '--port', String(port), '--username', user, database.name], {
      encoding: 'utf8',
      env: { ...process.env, PGPASSWORD: password },
    });
    expect(dump).toMatch(/COPY api\.notes .*\n1\t.*\n2\t/);
  });
});

/** pg_dump reads servers up to its own version. */
function hasPgDump(): boolean {
  try {
    return Number(/ (\d+)/.exec(execFileSync('pg_dump', ['--version'], { encoding: 'utf8' }))?.[1]) >= 18;
  } catch {
    return false;
  }
}

describe('docs/operations.md: a job', () => {
  it('of the owner deletes nothing in silence, and with row_security off fails', async () => {
    const database = await deployed();
    await asRole(database.admin, async (client) => {
      await client.query(`SET ROLE ${database.name}_owner`);
      expect((await client.query('DELETE FROM api.notes')).rowCount).toBe(0);
      await client.query(sqlOf('SET row_security'));
      await expect(client.query('DELETE FROM api.notes')).rejects.toThrow(FORCED);
    });
  });

  it('of a declared role deletes what the policy allows', async () => {
    const database = await deployed();
    const jobs = await login(database, 'CREATE ROLE notes_jobs', 'jobs');
    await asRole(jobs, async (client) => {
      await client.query(named(database, sqlOf('SET ROLE')));
    });
    expect(await database.sql('SELECT id FROM api.notes')).toEqual([{ id: 2 }]);
    const findings = await auditDatabase(database.admin, declared(database.name));
    expect(findings.map(({ rule }) => rule)).toEqual(['role_has_member']);
  });
});

describe('docs/operations.md: behind a proxy', () => {
  it('a long address is repeated in Content-Location, Location has no prefix, and a function takes the list', async () => {
    await using api = await startEphemeralPostgrest(declared('proxied'));
    const headers = { 'Content-Type': 'application/json' };
    const created = await fetch(`${api.url}/notes`, {
      method: 'POST',
      headers: { ...headers, Prefer: 'return=headers-only' },
      body: '{"id": 1}',
    });
    expect(created.headers.get('Location')).toBe('/notes?id=eq.1');

    const ids = Array.from({ length: 1000 }, (_, n) => 10 ** 9 + n);
    const path = `/notes?id=in.(${[1, ...ids].join(',')})`;
    const listed = await fetch(api.url + path);
    expect(await listed.json()).toHaveLength(1);
    expect(listed.headers.get('Content-Location')!.length).toBeGreaterThan(8192);

    const called = await fetch(`${api.url}/rpc/notes_by_ids`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ ids: [1, ...ids] }),
    });
    expect(await called.json()).toHaveLength(1);
    expect(called.headers.get('Content-Location')?.length ?? 0).toBeLessThan(100);
  });
});
