import { expect, it } from 'vitest';
import { diffPreRequest } from '../../../../access/diff/diff-pre-request.ts';
import { declare } from '../../../../declaration/index.ts';
import { presentSide } from '../../../support/access/diffed.ts';
import { useCluster } from '../../../support/database.ts';

const cluster = useCluster();

const before = `
  IF current_setting('request.headers') = ANY (ARRAY['a']::text[]) OR pg_catalog.concat('a') = ANY (ARRAY['a']::pg_catalog.text[]) THEN RAISE 'no'; END IF;
  PERFORM pg_catalog.set_config('statement_timeout', '100', true)`;

it.each([
  ['nothing', before, 'same'],
  ['a list', before.replace(`= ANY (ARRAY['a']`, `= ANY (ARRAY['b']`), 'not decided'],
  ['a condition', before.replace(/ OR [^]*?text\[\]\) THEN/, ' THEN'), 'not decided'],
  ['a timeout', before.replace('100', '0'), 'not decided'],
])(`a change of the user's own function that changes %s is graded`, async (_, after, grade) => {
  const database = await cluster.database();
  const [anonymous, user, other] = ['anon', 'user', 'other'].map((name) => `${database.name}_${name}`) as [
    string,
    string,
    string,
  ];
  const ownFunction = (body: string) =>
    `CREATE OR REPLACE FUNCTION api.own() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN ${body}; END $f$`;
  const declaration = (users: string[]) =>
    declare({
      name: database.name,
      schemas: ['api'],
      roles: { anonymous, users },
      migrations: [{ file: '1.sql', sql: ownFunction(before) }],
      functions: [{ name: 'own', execute: [anonymous, ...users] }],
      server: { preRequest: 'own' },
    });
  await database.apply(declaration([user]));
  const was = await presentSide(database, declaration([user]));
  // The lists of roles in the package's own functions do not count.
  await database.apply(declaration([user, other]));
  await database.sql(ownFunction(after));
  const [change] = await diffPreRequest(was, await presentSide(database, declaration([user, other])));
  expect(change).toMatchObject({ grade });
});
