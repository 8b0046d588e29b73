import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditDatabase } from '../../../apply/index.ts';
import { allRows, declare, type Declaration, type PolicyInput } from '../../../declaration/index.ts';
import { connectionOf } from '../../support/connection-of.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';

const user = 'firm_user';
const owner = 'firm_owner';

/** Bodies that run as the owner, each on a table `t_…` of its own with the row (1, 10), and what a call answers. */
const bodies: readonly [name: string, body: string, findings: string, answer: unknown, bound: unknown][] = [
  ['counts', 'RETURN (SELECT count(*) FROM api.t_counts)', 'select', 1, 0],
  ['signs_in', 'RETURN EXISTS (SELECT FROM api.t_signs_in WHERE id = 1 AND n = 10)', 'select', true, false],
  ['adds', 'INSERT INTO api.t_adds VALUES (2, 20); RETURN true', 'insert', true, 403],
  [
    'adds_and_returns',
    'INSERT INTO api.t_adds_and_returns VALUES (2, 20) RETURNING n INTO kept; RETURN kept',
    'insert, select',
    20,
    403,
  ],
  [
    'adds_once',
    'INSERT INTO api.t_adds_once VALUES (1, 20) ON CONFLICT (id) DO NOTHING; RETURN FOUND',
    'insert, select',
    false,
    403,
  ],
  [
    'adds_or_changes',
    'INSERT INTO api.t_adds_or_changes VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET n = EXCLUDED.n RETURNING n INTO kept; RETURN kept',
    'insert, select, update',
    5,
    403,
  ],
  [
    'changes',
    'UPDATE api.t_changes SET n = n + 1 WHERE id = 1 RETURNING n INTO kept; RETURN kept',
    'select, update',
    11,
    null,
  ],
  ['raises_all', 'UPDATE api.t_raises_all SET n = n + 1; RETURN FOUND', 'select, update', true, false],
  ['removes', 'DELETE FROM api.t_removes WHERE id = 1; RETURN FOUND', 'delete, select', true, false],
  ['empties', 'DELETE FROM api.t_empties; RETURN FOUND', 'delete', true, false],
  [
    'takes',
    'SELECT n INTO kept FROM api.t_takes WHERE id = 1 FOR UPDATE SKIP LOCKED; RETURN kept',
    'select, update',
    10,
    null,
  ],
  [
    'merges',
    `MERGE INTO api.t_merges AS t USING (VALUES (1, 7)) AS v(id, n) ON t.id = v.id
      WHEN MATCHED THEN UPDATE SET n = v.n WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.n); RETURN FOUND`,
    'insert, select, update',
    true,
    403,
  ],
];

const definer = (name: string, body: string) =>
  `CREATE FUNCTION ${name}() RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    DECLARE kept int; answer jsonb; BEGIN ${body.replace(/RETURN ([^;]+)$/, 'RETURN to_jsonb($1)')}; END $$;`;

const sql = `${bodies
  .map(
    ([name, body]) =>
      `CREATE TABLE t_${name} (id int PRIMARY KEY, n int); INSERT INTO t_${name} VALUES (1, 10); ${definer(name, body)}`,
  )
  .join('\n')}
  CREATE TABLE organisations (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
  CREATE TABLE members (organisation int REFERENCES organisations, person text, PRIMARY KEY (organisation, person));
  CREATE FUNCTION create_organisation(name text) RETURNS organisations LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    DECLARE made api.organisations; BEGIN
      INSERT INTO api.organisations (name) VALUES (create_organisation.name) RETURNING * INTO made;
      INSERT INTO api.members VALUES (made.id, current_setting('request.jwt.claims')::json ->> 'sub');
      RETURN made; END $$;`;

type PoliciesOf = Readonly<Record<string, readonly PolicyInput[]>>;

function declared(policies: PoliciesOf): Declaration {
  const tables = [...bodies.map(([name]) => `t_${name}`), 'organisations', 'members'];
  return declare({
    name: 'firm',
    schemas: ['api'],
    roles: { users: [user] },
    migrations: [{ file: '1.sql', sql }],
    tables: tables.map((name) => ({ name, policies: policies[name] ?? [] })),
    functions: [...bodies.map(([name]) => name), 'create_organisation'].map((name) => ({
      name,
      execute: user,
      securityDefiner: true,
    })),
  });
}

let api: EphemeralPostgrest;
const audited = () => auditDatabase(connectionOf(api.databaseUrl), api.declaration);
/** Commands that a finding names, by function and table. */
let findings: ReadonlyMap<string, readonly string[]>;
beforeAll(async () => {
  api = await startEphemeralPostgrest(declared({}));
  const found = new Map<string, string[]>();
  for (const { rule, object, problem, fix } of await audited()) {
    if (rule !== 'definer_without_policy') continue;
    const [, table] = / of api\.(\w+),| to api\.(\w+),/.exec(problem)?.filter(Boolean) ?? [];
    const [, command] = /for: '(\w+)'/.exec(fix.text)!;
    const key = `${object.text} ${table}`;
    found.set(key, [...(found.get(key) ?? []), command!].sort());
  }
  findings = found;
});
afterAll(() => api?.stop());

async function call(name: string, body: object = {}): Promise<unknown> {
  const person = await api.as(user, { sub: 'ann' });
  const response = await person.fetch(`/rpc/${name}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.ok ? await response.json() : response.status;
}

describe('without a policy for the owner', () => {
  it.each(bodies)('%s() is bound, and each command of its statement is named', async (name, _, commands, __, bound) => {
    expect(await call(name)).toEqual(bound);
    expect(findings.get(`api.${name}() t_${name}`)?.join(', ')).toBe(commands);
  });

  it('create_organisation() adds none, and both of its tables are named', async () => {
    expect(await call('create_organisation', { name: 'x' })).toBe(403);
    expect(findings.get('api.create_organisation(text) organisations')).toEqual(['insert', 'select']);
    expect(findings.get('api.create_organisation(text) members')).toEqual(['insert']);
  });
});

describe('with the policies that the findings name, and no others', () => {
  beforeAll(async () => {
    const policies: Record<string, PolicyInput[]> = {};
    for (const [key, commands] of findings) {
      const table = key.split(' ')[1]!;
      policies[table] = [allRows({ to: owner, for: commands as ['select'] })];
    }
    await api.apply(declared(policies));
  });

  it.each(bodies)('%s() works', async (name, _, __, answer) => {
    expect(await call(name)).toEqual(answer);
  });

  it('create_organisation() answers with the new one, whose only member is who asked', async () => {
    expect(await call('create_organisation', { name: 'Acme' })).toEqual({
      id: expect.any(Number) as number,
      name: 'Acme',
    });
    expect(await api.sql('SELECT name, person FROM api.organisations JOIN api.members ON organisation = id')).toEqual([
      { name: 'Acme', person: 'ann' },
    ]);
    const person = await api.as(user, { sub: 'ann' });
    expect((await person.fetch('/organisations')).status).toBe(403);
  });

  it('no finding is left', async () => {
    expect((await audited()).filter(({ rule }) => rule === 'definer_without_policy')).toEqual([]);
  });
});
