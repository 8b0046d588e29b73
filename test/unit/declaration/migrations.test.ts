import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { declare, migrationsFrom } from '../../../declaration/index.ts';
import { parseSql } from '../../../postgres/parse-sql.ts';
import { refusal, rejection } from '../../support/errors.ts';

const declared = (...files: string[]) =>
  declare({
    name: 'x',
    schemas: ['api'],
    roles: { users: ['u'] },
    migrations: files.map((file) => ({ file: `migrations/${file}.sql`, sql: 'SELECT 1' })),
  }).migrations.map(({ file }) => file.slice('migrations/'.length, -'.sql'.length));

describe('the order of migrations', () => {
  it.each([
    [
      ['10_b', '2_a', '1', '1_z'],
      ['1', '1_z', '2_a', '10_b'],
    ],
    [
      ['010', '002', '001'],
      ['001', '002', '010'],
    ],
    [
      ['V1.10__c', 'V1.9__b', 'V1__a'],
      ['V1__a', 'V1.9__b', 'V1.10__c'],
    ],
    [
      ['2_b', '2_a'],
      ['2_a', '2_b'],
    ],
    [
      ['20240102000000_b', '20240101120000_a'],
      ['20240101120000_a', '20240102000000_b'],
    ],
  ])('counts numbers by their value: %j', (files, order) => {
    expect(declared(...files)).toEqual(order);
  });

  it.each([
    [['02_x', '2_y'], '"migrations/02_x.sql" has the same number', 'give each its own number'],
    [['2_x', '02_x'], 'has the same number', 'give each its own number'],
    [['20240102_b', '20240101120000_a'], 'has a date of another length', 'write all dates alike'],
  ])('is rejected where it is not certain: %j', (files, problem, fix) => {
    const error = refusal(() => declared(...files));
    expect(error.code).toBe('invalid_declaration');
    expect(error.problem).toContain(problem);
    expect(error.fix).toContain(fix);
  });
});

describe('files that a migration includes', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'migrations-'));
    mkdirSync(join(directory, 'migrations', 'parts'), { recursive: true });
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const write = (file: string, text: string) => writeFileSync(join(directory, 'migrations', file), text);
  const read = () => migrationsFrom(join(directory, 'migrations'));

  it('become a part of it, in their place, with paths relative to the file that includes them', async () => {
    write('1.sql', `SELECT 1;\n\\ir parts/a.sql\n\\i 'parts/c.sql'\nSELECT 4;`);
    write('parts/a.sql', '\uFEFF\\ir b.sql\nSELECT 2;');
    write('parts/b.sql', 'SELECT $$\n\\ir nowhere.sql\n$$;');
    write('parts/c.sql', 'SELECT 3;');
    const [migration] = read();
    expect(read()).toHaveLength(1);
    expect((await parseSql(migration!)).map(({ sql }) => sql.replace(/\s+/g, ' '))).toEqual([
      'SELECT 1',
      'SELECT $$ \\ir nowhere.sql $$',
      'SELECT 2',
      'SELECT 3',
      'SELECT 4',
    ]);
  });

  it('are named by errors, with the file that includes them', async () => {
    write('1.sql', 'SELECT 1;\n\\ir parts/a.sql\nSELEC 4;');
    write('parts/a.sql', 'SELECT 1;\n\nSELEC 2;');
    const [migration] = read();
    expect((await rejection(parseSql(migration!))).message).toMatch(
      /^migrations\/parts\/a\.sql:3 \(included by migrations\/1\.sql:2\): syntax error at or near "SELEC"/,
    );
    write('parts/a.sql', 'SELECT 2;');
    expect((await rejection(parseSql(read()[0]!))).message).toMatch(/^migrations\/1\.sql:3: syntax error/);
  });

  it('are rejected where they cannot be read, or include themselves', () => {
    write('1.sql', '\\ir parts/a.sql');
    expect(refusal(read).code).toBe('unreadable_sql');
    write('parts/a.sql', 'SELECT 1;\n\\ir a.sql');
    expect(refusal(read).message).toMatch(/^migrations\/parts\/a\.sql:2: "a\.sql" includes itself/);
  });
});
