import { afterAll, beforeAll, expect, it } from 'vitest';
import { allRows, custom, declare } from '../../../declaration/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { POSTGRES_ADVISORIES } from '../../support/embedded-advisories.ts';

const everyone = ['app_anon', 'app_user', 'app_plain'];

/** As schemas read a claim that have served PostgREST before version 9 and since. */
const inBothForms = `owner = coalesce(current_setting('request.jwt.claim.sub', true), current_setting('request.jwt.claims', true)::json ->> 'sub')`;

let api: EphemeralPostgrest;
beforeAll(async () => {
  api = await startEphemeralPostgrest(
    declare({
      name: 'app',
      schemas: ['api'],
      roles: {
        anonymous: 'app_anon',
        users: [{ name: 'app_user', temporaryTables: true, settings: { timezone: 'Asia/Tokyo' } }, 'app_plain'],
      },
      migrations: [
        {
          file: 'migrations/1.sql',
          sql: `CREATE TABLE items (id int);
            CREATE TABLE own (id int, owner text);
            INSERT INTO own VALUES (1, 'ann'), (2, 'bob');
            CREATE FUNCTION subject() RETURNS text STABLE LANGUAGE sql AS
              $$ SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), current_setting('request.jwt.claims', true)::json ->> 'sub') $$;
            CREATE FUNCTION app_private.check_request() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
              IF current_setting('request.path', true) = '/rpc/forbidden' THEN RAISE SQLSTATE 'PT402' USING MESSAGE = 'pay first'; END IF;
              PERFORM set_config('app.checked', current_user, true);
            END $$;
            CREATE FUNCTION checked() RETURNS text LANGUAGE sql AS $$ SELECT current_setting('app.checked', true) $$;
            CREATE FUNCTION forbidden() RETURNS text LANGUAGE sql AS $$ SELECT 'never' $$;
            CREATE FUNCTION zone() RETURNS text LANGUAGE sql AS $$ SELECT current_setting('TimeZone') $$;
            CREATE FUNCTION temporary() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
              CREATE TEMP TABLE found ON COMMIT DROP AS SELECT 7 AS n; RETURN (SELECT n FROM found); END $$;`,
        },
      ],
      tables: [
        { name: 'items', grants: [{ to: 'app_user', select: true }], policies: [allRows({ to: 'app_user' })] },
        {
          name: 'own',
          grants: [{ to: 'app_user', select: true }],
          policies: [custom({ to: 'app_user', using: { file: 'own.sql', sql: inBothForms } })],
        },
      ],
      functions: [
        { name: 'app_private.check_request', execute: everyone },
        ...['checked', 'forbidden', 'zone', 'temporary', 'subject'].map((name) => ({ name, execute: everyone })),
      ],
      server: { preRequest: 'app_private.check_request' },
      acceptedAdvisories: POSTGRES_ADVISORIES,
    }),
  );
});
afterAll(() => api?.stop());

const call = async (name: string, role?: string, headers: Record<string, string> = {}) => {
  const response = await (await api.as(role)).fetch(`/rpc/${name}`, { method: 'POST', headers });
  return response.ok ? await response.json() : response.status;
};

it("a pre-request function of the user's own runs for each role, after the package's checks", async () => {
  expect(await call('checked')).toBe('app_anon');
  expect(await call('checked', 'app_user')).toBe('app_user');
  expect(await call('forbidden')).toBe(402);
  expect(await call('forbidden', 'app_user')).toBe(402);
});

it("a request's time zone counts before the role's", async () => {
  expect(await call('zone', 'app_user')).toBe('Asia/Tokyo');
  const prefers = (prefer: string) => call('zone', 'app_user', { Prefer: prefer });
  expect(await prefers('timezone=America/New_York')).toBe('America/New_York');
  expect(await prefers('return=minimal, timezone=America/New_York, handling=lenient')).toBe('America/New_York');
  // PostgREST ignores a name that is none, and knows no parameters.
  expect(await prefers('timezone=America/New_York; handling=lenient')).toBe('Asia/Tokyo');
  expect(await prefers('timezone=Nowhere/Town')).toBe('Asia/Tokyo');
});

it('only a role for which it is declared creates temporary tables, in a copy too', async () => {
  expect(await call('temporary', 'app_user')).toBe(7);
  expect(await call('temporary', 'app_plain')).toBe(403);
  await using copy = await api.clone();
  const response = await (await copy.as('app_user')).fetch('/rpc/temporary', { method: 'POST' });
  expect(await response.json()).toBe(7);
});

it('claims that are read in the old form and the new one come from the new one, in policies and in functions', async () => {
  for (const [sub, id] of [
    ['ann', 1],
    ['bob', 2],
  ] as const) {
    const person = await api.as('app_user', { sub });
    expect(await (await person.fetch('/own?select=id')).json()).toEqual([{ id }]);
    expect(await (await person.fetch('/rpc/subject', { method: 'POST' })).json()).toBe(sub);
  }
});
