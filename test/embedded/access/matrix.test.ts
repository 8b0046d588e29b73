import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { applyDeclaration, createRoles } from '../../../apply/index.ts';
import type { Declaration } from '../../../declaration/index.ts';
import { accessMatrix, type AccessMatrix } from '../../../access/matrix.ts';
import { COMMANDS } from '../../../declaration/commands.ts';
import { withClient } from '../../../postgres/with-client.ts';
import projects from '../../../examples/projects/declaration.ts';
import todos from '../../../examples/todos/declaration.ts';
import { projectsMatrix } from '../../support/access/projects-matrix.ts';
import type { RowMatrix, TableRows } from '../../support/access/row-matrix.ts';
import { todosMatrix } from '../../support/access/todos.ts';
import { ADMINS, accessState, useCluster, type Admin, type Row, type TestDatabase } from '../../support/database.ts';

const examples: Readonly<Record<string, { declaration: Declaration; known: RowMatrix }>> = {
  projects: { declaration: projects, known: projectsMatrix },
  todos: { declaration: todos, known: todosMatrix },
};

describe.each(ADMINS)('measured by a %s,', (admin) => {
  describe.each(Object.entries(examples))('the example %s', (example, { declaration, known }) => {
    // A cluster each: the roles have their names from the declaration.
    const cluster = useCluster();
    let database: TestDatabase;
    let matrix: AccessMatrix;
    let before: unknown;
    let after: unknown;
    beforeAll(async () => {
      database = await seeded(cluster, { admin, declaration, example });
      before = await everything(database);
      matrix = await accessMatrix(database.admin, declaration, known.subjects);
      after = await everything(database);
    });

    it.each(Object.entries(known.tables))('lets everybody reach in %s what its own tests say', async (table, rows) => {
      // Requests of those tests name each row and ask for it back, the probe does neither: in these examples whoever may
      // change a row may see it, so there is no difference.
      const names = await namesByKey(database, table, rows);
      for (const command of ['select', 'update', 'delete'] as const) {
        const reached = cellsOf(matrix, table)
          .filter((cell) => cell.command === command)
          .map(({ subject, reach }) => [
            subject,
            'rows' in reach ? reach.rows.map((key) => names.get(key)).sort() : [],
          ]);
        const expected = Object.keys(known.subjects).map((subject) => [
          subject,
          [...(rows.reached[subject]?.[command] ?? [])].sort(),
        ]);
        expect(reached, command).toEqual(expected);
      }
    });

    it('shows no access that is not declared, and refuses nothing that is', () => {
      const cells = matrix.relations.flatMap((relation) => relation.cells);
      expect(cells.filter(({ declared, reach }) => declared === 'refused' in reach)).toEqual([]);
    });

    it('shows everybody with every command, and the number of rows', async () => {
      expect(matrix.name).toBe(declaration.name);
      expect(matrix.subjects).toEqual(Object.keys(known.subjects));
      expect(matrix.relations.map(({ name }) => name)).toEqual(
        [...declaration.tables, ...declaration.views].map(({ name }) => name),
      );
      for (const { schema, name, rows, truncated, cells } of matrix.relations) {
        const [counted] = await database.sql(`SELECT count(*)::int AS rows FROM ${schema}.${name}`);
        expect({ rows, truncated }).toEqual({ ...counted, truncated: false });
        expect(cells.map(({ subject, command }) => [subject, command])).toEqual(
          matrix.subjects.flatMap((subject) => COMMANDS.map((command) => [subject, command])),
        );
      }
    });

    it('changes nothing', () => {
      expect(after).toEqual(before);
    });
  });
});

describe('inserts', () => {
  const cluster = useCluster();

  it('tell of which rows a copy may be added', async () => {
    const database = await seeded(cluster, { declaration: projects, example: 'projects' });
    const { relations } = await accessMatrix(database.admin, projects, projectsMatrix.subjects);
    const inserted = (table: string) =>
      Object.fromEntries(
        relations
          .find(({ name }) => name === table)!
          .cells.filter(({ command }) => command === 'insert')
          .flatMap(({ subject, reach }) => ('rows' in reach ? [[subject, reach.rows]] : [])),
      );
    // Whoever writes to a project may add such tasks; the copy belongs to the tenant of the token, so that a manager's
    // copies pass all policies. Those of another tenant's project are then stopped by the foreign key.
    expect(inserted('tasks')).toEqual({
      ada: ['1', '2'],
      ben: ['3'],
      mia: ['1', '2', '3', '4', '5'],
      bob: ['4'],
      max: ['1', '2', '3', '4', '5'],
      bobAtAcme: ['4'],
      nobody: [],
    });
    // Copies keep the user, whom only that user may name.
    expect(inserted('time_entries')).toMatchObject({ ada: ['1'], ben: ['2'], bob: ['3'], mia: [], max: [] });
    expect(inserted('plans')).toEqual({});
  });
});

interface Example {
  readonly admin?: Admin;
  readonly declaration: Declaration;
  readonly example: string;
}

async function seeded(
  cluster: ReturnType<typeof useCluster>,
  { admin = 'superuser', declaration, example }: Example,
): Promise<TestDatabase> {
  const database = await cluster.database(admin);
  await withClient(database.admin, (client) => createRoles(client, declaration, { authenticator: 'password' }));
  await applyDeclaration(database.admin, declaration);
  await database.sql(readFileSync(`examples/${example}/seed.sql`, 'utf8'));
  return database;
}

function cellsOf({ relations }: AccessMatrix, table: string) {
  return relations.find(({ name }) => name === table)!.cells;
}

/** The names that the known matrix has for rows, by the keys that the probe has for them. */
async function namesByKey(
  database: TestDatabase,
  table: string,
  { rows }: TableRows,
): Promise<ReadonlyMap<string, string>> {
  const [{ columns }] = (await database.sql(
    `SELECT ARRAY(SELECT attname::text FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
      WHERE indisprimary AND indrelid = $1::regclass ORDER BY attnum) AS columns`,
    [`api.${table}`],
  )) as [{ columns: string[] }];
  const key = columns.length > 0 ? `concat_ws(', ', ${columns.join(', ')})` : 'row_to_json(t)';
  const found = Object.entries(rows).map(async ([name, filter]) => {
    const conditions = filter.split('&').map((condition) => {
      const [, column, operator, value] = /^(\w+)=(eq|like)\.(.*)$/.exec(condition)!;
      return `${column}::text ${operator === 'eq' ? '=' : 'LIKE'} '${value!.replaceAll('*', '%')}'`;
    });
    const [row] = await database.sql(
      `SELECT ${key}::text AS key FROM api.${table} AS t WHERE ${conditions.join(' AND ')}`,
    );
    return [String(row!['key']), name] as const;
  });
  return new Map(await Promise.all(found));
}

/** Catalogs, roles, the contents of every table with the versions of its rows, and the state of every sequence. */
async function everything(database: TestDatabase): Promise<Row[]> {
  const relations = (await database.sql(`
    SELECT c.oid::regclass::text AS name, relkind AS kind FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'S') AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' ORDER BY 1`)) as {
    name: string;
    kind: 'r' | 'S';
  }[];
  const contents = relations.map(({ name, kind }) =>
    database.sql(
      kind === 'S'
        ? `SELECT last_value, is_called, log_cnt FROM ${name}`
        : `SELECT ctid::text, xmin::text, t.*::text FROM ${name} AS t ORDER BY ctid`,
    ),
  );
  const roles =
    await database.sql(`SELECT r.*, ARRAY(SELECT m::text FROM pg_auth_members AS m WHERE member = r.oid) AS roles
    FROM pg_roles AS r ORDER BY rolname`);
  return [...roles, ...(await accessState(database)), ...relations, ...(await Promise.all(contents)).flat()];
}
