import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyDeclaration, auditDatabase, type Finding } from '../../../../apply/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../../testing/index.ts';
import { withClient } from '../../../../postgres/with-client.ts';
import { connectionOf } from '../../../support/connection-of.ts';
import { accessState } from '../../../support/database.ts';
import { rejection } from '../../../support/errors.ts';
import { waysDeclaration } from './declaration.ts';
import { get, type Ask, type Way } from './way.ts';

export const declaration = waysDeclaration();

/** An API that is as declared before each test, and what a test does with it. */
export function useWays() {
  let api: EphemeralPostgrest;
  const tokens = new Map<Ask['as'], string>();
  const database = () => connectionOf(api.databaseUrl);

  /** ALTER SYSTEM wants to be alone; all else is one message, and so one transaction. */
  function sql(text: string): Promise<void> {
    const parts = text.startsWith('ALTER SYSTEM') ? text.split(';') : [text];
    return withClient(database(), async (client) => {
      for (const part of parts) await client.query(part);
    });
  }

  beforeAll(async () => {
    api = await startEphemeralPostgrest(declaration);
    tokens.set('user', await api.tokenFor('w_user', { user_id: 1 }));
    tokens.set('admin', await api.tokenFor('postgres', { user_id: 1 }));
    tokens.set('revoked token', await api.tokenFor('w_user', { user_id: 2 }, { tokenId: 'revoked' }));
    tokens.set('revoked subject', await api.tokenFor('w_user', { user_id: 3 }));
    await sql(`SELECT w_private.revoke_token('revoked'); SELECT w_private.revoke_subject('3')`);
    await api.snapshot();
  });
  beforeEach(() => api.restore());
  afterAll(() => api?.stop());

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

  return {
    database,
    sql,
    read: (text: string) => api.sql(text),
    access: () => accessState({ sql: (text) => api.sql(text) }),
    shown: async (ask: Ask) => (await answerOf(ask)).includes(ask.shows ?? 'SECRET'),
    /** The API is there, and answers. */
    serves: () => expect.poll(() => answerOf(get('user', '/notes?select=body'))).toContain('mine'),
  };
}

const rules = (findings: readonly Finding[]) => findings.map(({ rule, object }) => [rule, object.text]);

/** Opens a database by hand in each of these ways: requests see it before the next deploy, and not behind it. */
export function describeWays(groups: readonly (readonly [what: string, ways: readonly Way[]])[]): void {
  const { database, sql, access, shown, serves } = useWays();

  describe.each(groups)('%s that was opened by hand', (_, ways) => {
    it.each(ways.map((way) => [way.name, way] as const))('%s: is found, and closed or refused', async (_, way) => {
      const { finds, ask, deploy, repair, again, undo } = way;
      try {
        await sql(way.sql);
        await sql(`NOTIFY pgrst, 'reload schema'`);
        let found: readonly Finding[] = [];
        await expect
          .poll(async () => rules((found = await auditDatabase(database(), declaration))))
          .toContainEqual(finds);
        for (const { object, problem, fix } of found) expect([object.text, problem, fix.text]).not.toContain('');
        if (ask) await expect.poll(() => shown(ask)).toBe(true);

        const deploys = () => applyDeclaration(database(), declaration);
        if (deploy === 'refuses') {
          const opened = await access();
          const error = await rejection(deploys());
          expect(await access()).toEqual(opened);
          expect(error.code).toBe('audit_failed');
          expect(error.message).toContain(`${finds[0]}: ${finds[1]} `);
          const { fix } = found.find(({ rule, object }) => rule === finds[0] && object.text === finds[1])!;
          for (const statement of repair === undefined ? fix.sql : [repair]) await sql(statement);
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
}
