import { describe, expect, it } from 'vitest';
import { applyDeclaration, createRoles, diffDeclaration } from '../../../apply/index.ts';
import { declare, publicRows } from '../../../declaration/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { notesInput, notesMigration } from '../../support/notes.ts';

const cluster = useCluster();

/** Own rows for the user, and notes of one mood for the other. */
function moods(prefix: string) {
  const input = notesInput(prefix);
  const [table] = input.tables!;
  return declare({
    ...input,
    migrations: [
      {
        ...notesMigration,
        sql: `CREATE TYPE mood AS ENUM ('good', 'bad');\n${notesMigration.sql}\nALTER TABLE notes ADD mood mood DEFAULT 'good'`,
      },
    ],
    tables: [
      {
        ...table!,
        grants: [...table!.grants!, { to: `${prefix}_other`, select: true }],
        policies: [...table!.policies!, publicRows({ to: `${prefix}_other`, for: 'select', where: { mood: 'good' } })],
      },
    ],
  });
}

/** What the policies say, by name. */
const conditions = (database: TestDatabase) =>
  database.sql(`SELECT policyname AS name, roles::text, qual, with_check FROM pg_policies ORDER BY 1`);

/** What a policy rests on is stored by number: the name that is declared can come to mean something else. */
const renamed: Readonly<Record<string, string>> = {
  'a column': 'ALTER TABLE api.notes RENAME user_id TO writer_id; ALTER TABLE api.notes ADD user_id int',
  "an enum's label": `ALTER TYPE api.mood RENAME VALUE 'good' TO 'fine'; ALTER TYPE api.mood RENAME VALUE 'bad' TO 'good'`,
  'a function': 'ALTER FUNCTION $_private.claim(text[]) RENAME TO claim_before',
  'a role': 'ALTER ROLE $_user RENAME TO $_former',
};

describe('a name that comes to mean something else', () => {
  it.each(Object.entries(renamed))('%s: the policies mean what is declared again', async (_, change) => {
    const database = await cluster.database();
    const declaration = moods(database.name);
    await database.apply(declaration);
    const declared = await conditions(database);

    await database.sql(change.replaceAll('$', database.name));
    await withClient(database.admin, (client) => createRoles(client, declaration, { authenticator: 'made-again' }));
    expect(await conditions(database)).not.toEqual(declared);
    expect((await diffDeclaration(database.admin, declaration)).statements).not.toEqual([]);

    await applyDeclaration(database.admin, declaration);
    expect(await conditions(database)).toEqual(declared);
    expect((await applyDeclaration(database.admin, declaration)).changes).toBe(0);
  });
});

it('policies that were restored with their comments are made again, once', async () => {
  const database = await cluster.database();
  const declaration = moods(database.name);
  await database.apply(declaration);
  const declared = await conditions(database);
  const [policy] = await database.sql(
    `SELECT p.polname AS name, pg_get_expr(polqual, polrelid) AS qual, obj_description(p.oid, 'pg_policy') AS comment
    FROM pg_policy AS p WHERE polname LIKE 'public%'`,
  );
  const { name, qual, comment } = policy as { name: string; qual: string; comment: string };
  await database.sql(`DROP POLICY "${name}" ON api.notes;
    CREATE POLICY "${name}" ON api.notes FOR SELECT TO ${database.name}_other USING (${qual});
    COMMENT ON POLICY "${name}" ON api.notes IS '${comment}'`);
  expect(await conditions(database)).toEqual(declared);

  expect((await applyDeclaration(database.admin, declaration)).changes).toBe(2);
  expect(await conditions(database)).toEqual(declared);
  expect((await applyDeclaration(database.admin, declaration)).changes).toBe(0);
});
