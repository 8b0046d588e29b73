import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compiled } from '../../../support/compiled.ts';
import { desk } from '../../../support/access/diff-changes.ts';
import { runIn } from '../../../support/access/run-in.ts';
import { useCluster, type TestDatabase } from '../../../support/database.ts';

const cluster = useCluster();
let directory: string;
let file: string;
let database: TestDatabase;

beforeAll(async () => {
  database = await cluster.database();
  const declaration = desk(database.name);
  directory = mkdtempSync(join(tmpdir(), 'as-declared-'));
  file = join(directory, 'desk.json');
  writeFileSync(file, JSON.stringify(declaration));
  await database.apply(declaration);
});
afterAll(() => rmSync(directory, { recursive: true }));

const prove = (...args: string[]) =>
  runIn(directory, compiled('cli/main.js'), ['access', 'prove', ...args], {
    PGPASSWORD: database.superuser.password,
  });
const proveDatabase = (...args: string[]) => {
  const { user, host, port } = database.superuser;
  const uri = `postgresql://${user}@${host}:${port}/${database.name}`;
  return prove(uri, '--declaration', file, '--replay', ...args);
};

it('proves that a database gives exactly what is declared', async () => {
  const { code, stdout, stderr } = await proveDatabase();
  expect(stderr).toBe('');
  expect(stdout).toMatch(/compared with the declaration: \d+ same/);
  expect(code).toBe(0);
});

it('reports what is wider and narrower than declared, with rows that the database confirms', async () => {
  const role = `${database.name}_user`;
  await database.sql(`CREATE POLICY by_hand ON api.notes FOR SELECT TO ${role} USING (public)`);
  await database.sql(`REVOKE DELETE ON api.notes FROM ${role}`);
  await database.sql(`GRANT INSERT ON api.tags TO ${role}`);
  const { code, stdout } = await proveDatabase('--format', 'json');
  expect(code).toBe(2);
  const { asDeclared } = JSON.parse(stdout) as { asDeclared: { changes: unknown[] } };
  expect(asDeclared.changes).toMatchObject([
    { grade: 'wider', role, command: 'select', object: { name: 'notes' }, opened: { replay: 'confirmed' } },
    { grade: 'wider', role, command: 'insert', object: { name: 'tags' } },
    { grade: 'narrower', role, command: 'delete', object: { name: 'notes' } },
  ]);
  const text = await proveDatabase();
  expect(text.code).toBe(2);
  expect(text.stdout).toContain(`  narrower: ${role}: delete on api.notes (loses delete)`);
});

it('rejects a declaration that is to be compared with a declaration', async () => {
  const { code, stderr } = await prove(file, '--declaration', file);
  expect(code).toBe(1);
  expect(stderr).toContain('[invalid_prop]');
});
