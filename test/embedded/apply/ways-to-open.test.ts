import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyDeclaration, auditDatabase, type Finding } from '../../../apply/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../ephemeral/index.ts';
import { withClient } from '../../../ephemeral/with-client.ts';
import { connectionOf } from '../../support/connection-of.ts';
import { rejection } from '../../support/errors.ts';
import { defaults, functions, rolesAndSettings } from './ways/by-hand-more.ts';
import { outward, privateSchema, tablesAndViews } from './ways/by-hand.ts';
import { byMigration } from './ways/by-migration.ts';
import { waysDeclaration } from './ways/declaration.ts';
import { get, type Ask } from './ways/way.ts';

const declaration = waysDeclaration();
let api: EphemeralPostgrest;
const tokens = new Map<Ask['as'], string>();

beforeAll(async () => {
  api = await startEphemeralPostgrest(declaration);
  tokens.set('user', await api.tokenFor('w_user', { user_id: 1 }));
  tokens.set('admin', await api.tokenFor('postgres', { user_id: 1 }));
  tokens.set('revoked token', await api.tokenFor('w_user', { user_id: 2 }, { tokenId: 'revoked' }));
  tokens.set('revoked subject', await api.tokenFor('w_user', { user_id: 3 }));
  await sql(`SELECT w_private.revoke_token('revoked'); SELECT w_private.revoke_subject('3')`);
  await api.snapshot();
});
afterAll(() => api?.stop());

/** As it was declared; a copy's policies can be other versions of themselves, which a deploy makes anew. */
async function startAgain(): Promise<void> {
  await api.restore();
  await applyDeclaration(database(), declaration);
}

const database = () => connectionOf(api.databaseUrl);

/** ALTER SYSTEM wants to be alone; all else is one message, and so one transaction. */
function sql(text: string): Promise<void> {
  const parts = text.startsWith('ALTER SYSTEM') ? text.split(';') : [text];
  return withClient(database(), async (client) => {
    for (const part of parts) await client.query(part);
  });
}

async function answerOf({ as, path, body }: Ask): Promise<string> {
  const token = tokens.get(as);
  const response = await fetch(`${api.url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      'Content-Type': 'application/json',
      Prefer: 'return=representation',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return response.text();
}

const shown = async (ask: Ask) => (await answerOf(ask)).includes(ask.shows ?? 'SECRET');
/** The API is there, and answers. */
const serves = () =>
  expect.poll(() => answerOf(get('user', '/notes?select=body')), { timeout: 20_000 }).toContain('mine');

/** The SQL at the beginning of what a finding says to do. */
function sqlOf({ fix }: Finding): string {
  return fix.split(/, or | \((?:and|a partition)|; |, unless |, and /)[0]!;
}

const rules = (findings: readonly Finding[]) => findings.map(({ rule, object }) => [rule, object]);

describe.each([
  ['a table or view', tablesAndViews],
  ['the private schema', privateSchema],
  ['what lies outside', outward],
  ['a function', functions],
  ['default privileges', defaults],
  ['a role or setting', rolesAndSettings],
] as const)('%s that was opened by hand', (_, ways) => {
  beforeEach(() => api.restore());

  it.each(ways.map((way) => [way.name, way] as const))('%s: is found, and closed or refused', async (_, way) => {
    const { finds, ask, deploy, repair, again, undo } = way;
    try {
      await sql(way.sql);
      await sql(`NOTIFY pgrst, 'reload schema'`);
      const findings = () => auditDatabase(database(), declaration);
      await expect.poll(async () => rules(await findings()), { timeout: 20_000 }).toContainEqual(finds);
      const found = await findings();
      for (const { object, problem, fix } of found) expect([object, problem, fix]).not.toContain('');
      if (ask) await expect.poll(() => shown(ask), { timeout: 20_000 }).toBe(true);

      const deploys = () => applyDeclaration(database(), declaration);
      if (deploy === 'refuses') {
        const error = await rejection(deploys());
        expect(error.code).toBe('audit_failed');
        expect(error.message).toContain(`${finds[0]}: ${finds[1]} `);
        await sql(repair ?? sqlOf(found.find(({ rule, object }) => rule === finds[0] && object === finds[1])!));
      }
      const { warnings } = await deploys();
      expect(rules(warnings).some(([rule]) => rule === finds[0])).toBe(deploy === 'warns');
      if (again !== undefined) await sql(again);
      await serves();
      if (ask) expect(await shown(ask)).toBe(false);
    } finally {
      if (undo !== undefined) await sql(undo);
    }
  });
});

describe('a migration', () => {
  beforeEach(startAgain);

  it.each(byMigration.map((way) => [way.name, way] as const))(
    'with %s opens nothing, or is refused',
    async (_, { sql: text, refused, ask }) => {
      const deploy = applyDeclaration(database(), waysDeclaration([{ file: 'migrations/002_way.sql', sql: text }]));
      if (refused) {
        const error = await rejection(deploy);
        expect(error.code).toBe(refused[0]);
        expect(error.message).toContain(refused[1]);
      } else {
        await deploy;
        await sql(`NOTIFY pgrst, 'reload schema'`);
      }
      expect(await api.sql(`SELECT FROM pg_roles WHERE rolname = 'w_super'`)).toEqual([]);
      await serves();
      if (ask) expect(await shown(ask)).toBe(false);
      expect((await auditDatabase(database(), declaration)).filter(({ level }) => level === 'error')).toEqual([]);
    },
  );

  it('runs as the owner all the same', async () => {
    const record = 'CREATE TABLE api.who AS SELECT current_user::text AS who; SET search_path = pg_catalog;';
    await applyDeclaration(
      database(),
      waysDeclaration([
        { file: 'migrations/002_who.sql', sql: record },
        { file: 'migrations/003_path.sql', sql: 'CREATE TABLE found AS SELECT * FROM who' },
      ]),
    );
    expect(await api.sql('SELECT who FROM api.found')).toEqual([{ who: 'w_owner' }]);
  });
});

describe('what Postgres and extensions bring', () => {
  it('is no finding', async () => {
    await startAgain();
    await sql(`CREATE EXTENSION citext; CREATE EXTENSION pg_trgm; CREATE EXTENSION hstore; CREATE EXTENSION pg_stat_statements;
      CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw; CREATE EXTENSION file_fdw; CREATE EXTENSION pgcrypto; CREATE EXTENSION "uuid-ossp";
      CREATE EXTENSION btree_gist; CREATE EXTENSION ltree; CREATE EXTENSION unaccent; CREATE EXTENSION lo; CREATE EXTENSION tablefunc`);
    expect(await auditDatabase(database(), declaration)).toEqual([]);
  });
});
