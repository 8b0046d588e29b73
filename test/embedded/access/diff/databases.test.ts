import { beforeAll, expect, it } from 'vitest';
import todos from '../../../../examples/todos/declaration.ts';
import { compiled } from '../../../support/compiled.ts';
import { desk } from '../../../support/access/diff-changes.ts';
import { runIn } from '../../../support/access/run-in.ts';
import { useCluster, type TestDatabase } from '../../../support/database.ts';

const cluster = useCluster();
/** Roles belong to the cluster: the databases have the same ones. */
const PREFIX = 'desk';
let before: TestDatabase;
let after: TestDatabase;

beforeAll(async () => {
  before = await cluster.database();
  after = await cluster.database();
  await before.apply(desk(PREFIX));
  await after.apply(
    desk(PREFIX, (parts) => {
      const [grant] = parts.notes.grants!;
      parts.notes = { ...parts.notes, grants: [{ ...grant!, select: ['id', 'user_id', 'body', 'public'] }] };
      parts.views = [];
    }),
  );
});

const uriOf = ({ superuser: { host, port, database, user } }: TestDatabase) =>
  `postgresql://${user}@${host}:${port}/${database}`;
const diff = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  runIn('.', compiled('cli/main.js'), ['access', 'diff', ...args, '--format', 'json'], {
    PGPASSWORD: before.superuser.password,
    ...environment,
  });

const WIDER_AND_NARROWER = [
  { grade: 'wider', command: 'select', object: { schema: 'api', name: 'notes' }, reasons: ['gains the column public'] },
  { grade: 'narrower', command: 'select', object: { schema: 'api', name: 'titles' }, reasons: ['loses select'] },
];

it('compares two databases by their URIs', async () => {
  const { code, stdout, stderr } = await diff([uriOf(before), uriOf(after)]);
  expect(stderr).toBe('');
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ failed: true, changes: WIDER_AND_NARROWER });
});

it('compares two databases by variables with their URIs', async () => {
  const { code, stdout } = await diff(['STAGING_URL', 'LIVE_URL'], {
    STAGING_URL: uriOf(before),
    LIVE_URL: uriOf(after),
  });
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ changes: WIDER_AND_NARROWER });
});

it('takes what is exposed from a declaration that a database is compared with', async () => {
  const database = await cluster.database();
  await database.apply(todos);
  for (const sides of [
    ['examples/todos/declaration.ts', uriOf(database)],
    [uriOf(database), 'examples/todos/declaration.ts'],
  ]) {
    const { code, stdout } = await diff(sides);
    expect(JSON.parse(stdout)).toMatchObject({ changes: [] });
    expect(code).toBe(0);
  }
});

it('reports a grant that an admin made by hand', async () => {
  await after.apply(desk(PREFIX));
  await after.sql(
    `GRANT DELETE ON api.tags TO ${PREFIX}_anon; CREATE POLICY by_hand ON api.tags FOR DELETE USING (true)`,
  );
  const { code, stdout } = await diff([uriOf(before), uriOf(after)]);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    changes: [{ grade: 'wider', role: `${PREFIX}_anon`, command: 'delete', object: { name: 'tags' } }],
  });
});

it('never shows the password', async () => {
  const { stdout, stderr } = await diff(['STAGING_URL', 'LIVE_URL'], {
    PGPASSWORD: '',
    STAGING_URL: uriOf(before).replace('@', ':not-the-password@'),
    LIVE_URL: 'postgresql://desk:not-the-password@127.0.0.1:1/desk',
  });
  expect(stderr).not.toBe('');
  expect(stdout + stderr).not.toContain('not-the-password');
});
