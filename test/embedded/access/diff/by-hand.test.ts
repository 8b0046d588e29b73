import { beforeAll, describe, expect, it } from 'vitest';
import type { CompareRows } from '../../../../access/diff/compare-rows.ts';
import { diffAccess, type DiffOptions } from '../../../../access/diff/diff-access.ts';
import type { DiffSide } from '../../../../access/diff/diff-side.ts';
import { logicOf } from '../../../../access/diff/logic.ts';
import { tokenAnswers } from '../../../../access/diff/token-answers.ts';
import { startSolver, type Solver } from '../../../../access/prove/solver.ts';
import { prepare } from '../../../../audit/anywhere/anywhere.ts';
import { findScope } from '../../../../audit/anywhere/find-scope.ts';
import { readSurvey } from '../../../../audit/anywhere/read-survey.ts';
import { declaredScope } from '../../../../audit/declared-scope.ts';
import { membership, ownRows, type Declaration } from '../../../../declaration/index.ts';
import { withClient } from '../../../../postgres/with-client.ts';
import { desk } from '../../../support/access/diff-changes.ts';
import { changeLines, presentSide } from '../../../support/access/diffed.ts';
import { useCluster, type TestDatabase } from '../../../support/database.ts';

const cluster = useCluster();
let database: TestDatabase;
let declaration: Declaration;
let before: DiffSide;
let solver: Solver;
let compareRows: CompareRows;

beforeAll(async () => {
  database = await cluster.database();
  declaration = desk(database.name, (parts) => {
    const own = { to: parts.role('user'), column: 'user_id', claim: 'user_id', type: 'int' } as const;
    const through = { table: 'members', key: 'team_id', member: 'user_id' };
    parts.notes = {
      ...parts.notes,
      policies: [
        ownRows(own),
        membership({
          ...own,
          for: 'select',
          column: 'team_id',
          through,
          memberType: 'int',
        }),
      ],
    };
  });
  await database.apply(declaration);
  // The function of the owner counts what its owner reads.
  await database.sql(`CREATE POLICY every ON api.tags FOR SELECT TO ${declaration.owner} USING (true)`);
  const applied = await presentSide(database, declaration);
  const answers = await inFault('', (client) => tokenAnswers(client, declaration));
  before = { ...applied, answers: () => Promise.resolve(answers) };
  solver = await startSolver();
  compareRows = logicOf(solver);
  return () => solver[Symbol.asyncDispose]();
});

type Client = Parameters<Parameters<typeof withClient>[1]>[0];

/** Does work after SQL has changed the database, which is undone. */
const inFault = <T>(sql: string, work: (client: Client) => Promise<T>) =>
  withClient(database.superuser, async (client) => {
    await client.query(`BEGIN; ${sql}; SET LOCAL search_path = pg_catalog`);
    return work(client);
  });

const diffAfter = (sql: string, options: DiffOptions = {}) =>
  inFault(sql, async (client) => {
    const survey = await readSurvey(client);
    const anywhere = await prepare(survey, findScope(survey, declaredScope(declaration)));
    const answers = () => tokenAnswers(client, declaration);
    return diffAccess(before, { ...before, anywhere, answers }, { compareRows, ...options });
  });
const linesAfter = async (sql: string, options?: DiffOptions) =>
  changeLines(await diffAfter(sql, options), database.name);

/** Name of the function that lists the teams of the requester. */
const memberships = () =>
  before.anywhere.survey.functions.find(({ name }) => name.startsWith('memberships_'))!.signature;

describe('a function that policies call is compared by what it computes', () => {
  const replaced = (query: string) =>
    `CREATE OR REPLACE FUNCTION ${memberships()} RETURNS SETOF pg_catalog.int4 LANGUAGE sql STABLE SECURITY DEFINER
       SET search_path = pg_catalog, pg_temp AS $$ ${query} $$`;

  it.each([
    ['SELECT team_id FROM api.members', ['wider user select api.notes']],
    ['SELECT team_id FROM api.members WHERE false', ['narrower user select api.notes']],
  ])('%s', async (query, expected) => {
    expect(await linesAfter(replaced(query))).toEqual(expected);
  });

  it('a claim that is always NULL takes every row', async () => {
    const { privateSchema } = declaration;
    const lines = await linesAfter(
      `CREATE OR REPLACE FUNCTION ${privateSchema}.claim(VARIADIC path text[]) RETURNS text LANGUAGE sql STABLE AS $$ SELECT NULL::text $$`,
    );
    expect(lines).toEqual([
      'narrower user delete api.notes',
      'narrower user insert api.notes',
      'narrower user select api.notes',
      'narrower user update api.notes',
    ]);
  });

  it('its owner loses the privilege on a table that it reads: the policy fails, which is not the same', async () => {
    const owner = declaration.owner;
    expect(
      await linesAfter(
        `ALTER TABLE api.members OWNER TO CURRENT_USER; REVOKE ALL ON api.members FROM PUBLIC, ${owner}`,
      ),
    ).toEqual(['not decided user select api.notes']);
  });
});

it('a policy of a table that a trigger writes is another one: its own table is not the same', async () => {
  const sql = `
    CREATE FUNCTION api.record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
      AS $$ BEGIN INSERT INTO api.tags (label) VALUES ('written'); RETURN NULL; END $$;
    ALTER FUNCTION api.record() OWNER TO ${declaration.owner};
    CREATE TRIGGER record AFTER INSERT ON api.notes FOR EACH ROW EXECUTE FUNCTION api.record()`;
  const side = await inFault(sql, async (client) => {
    const survey = await readSurvey(client);
    return prepare(survey, findScope(survey, declaredScope(declaration)));
  });
  const changed = await inFault(
    `${sql}; CREATE POLICY more ON api.tags TO ${declaration.owner} USING (true)`,
    async (client) => {
      const survey = await readSurvey(client);
      const anywhere = await prepare(survey, findScope(survey, declaredScope(declaration)));
      return diffAccess({ ...before, anywhere: side }, { ...before, anywhere }, { compareRows });
    },
  );
  expect(changeLines(changed, database.name)).toContain('not decided user insert api.notes');
});

it('an update that meets rows which it may not write fails, and so tells that there are some', async () => {
  const { changes } = await diffAfter(
    `CREATE POLICY met ON api.notes FOR UPDATE TO ${database.name}_user USING (true) WITH CHECK (false)`,
  );
  expect(changes).toMatchObject([
    {
      grade: 'wider',
      command: 'update',
      reasons: ['meets rows that it may not write, so that a request fails'],
    },
  ]);
});

it('an update that writes fewer rows and meets more is incomparable', async () => {
  const role = `${database.name}_user`;
  expect(
    await linesAfter(
      `CREATE POLICY met ON api.notes FOR UPDATE TO ${role} USING (true);
       CREATE POLICY less ON api.notes AS RESTRICTIVE FOR UPDATE TO ${role} USING (true) WITH CHECK (false)`,
    ),
  ).toEqual(['incomparable user update api.notes']);
});

it('a token may name the role of requests without one, and bring claims', async () => {
  const user = `(SELECT ${declaration.privateSchema}.claim('user_id'))`;
  expect(
    await linesAfter(
      `GRANT SELECT ON api.members TO ${database.name}_anon;
       CREATE POLICY mine ON api.members FOR SELECT TO ${database.name}_anon USING (user_id::text = ${user})`,
    ),
  ).toEqual(['wider anon select api.members']);
});

describe('a grant by which no policy lets a row be reached', () => {
  const grant = () => `GRANT DELETE ON api.tags TO ${database.name}_user`;

  it('is no access', async () => {
    expect(await linesAfter(grant())).toEqual([]);
  });

  it('differs from what is declared', async () => {
    expect(await linesAfter(grant(), { everyGrant: true })).toEqual(['wider user delete api.tags']);
  });
});

it('a view that no longer runs with the rights of its reader is wider', async () => {
  expect(
    await linesAfter(
      'ALTER VIEW api.titles SET (security_invoker = false); ALTER VIEW api.titles OWNER TO CURRENT_USER',
    ),
  ).toEqual(['wider user select api.titles']);
});

describe('a function with the rights of its owner is compared by the rows that it reads', () => {
  const replaced = (condition: string) =>
    `CREATE OR REPLACE FUNCTION api.total() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
       BEGIN ATOMIC SELECT count(*) FROM api.tags ${condition}; END`;

  it.each([
    ['WHERE label IS NOT NULL', ['narrower user call api.total()']],
    ['WHERE label = label OR label IS NULL', []],
  ])('with the condition %s', async (condition, expected) => {
    expect(await linesAfter(replaced(condition))).toEqual(expected);
  });

  it('of which a policy takes rows', async () => {
    expect(await linesAfter('DROP POLICY every ON api.tags')).toEqual(['narrower user call api.total()']);
  });

  it('whose result is computed otherwise: that is not decided', async () => {
    expect(await linesAfter(replaced('').replace('count(*)', 'max(id)'))).toEqual([
      'not decided user call api.total()',
    ]);
  });
});

it('a check before each request that accepts other tokens is wider', async () => {
  const { privateSchema } = declaration;
  const { changes } = await diffAfter(
    `CREATE OR REPLACE FUNCTION ${privateSchema}.pre_request() RETURNS void LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN; END $$`,
  );
  expect(changes).toMatchObject([{ grade: 'wider', command: 'call', role: 'every role' }]);
  expect(changes[0]!.reasons.join()).toContain('a token that has expired');
});
