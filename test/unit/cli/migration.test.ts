import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nextMigration } from '../../../cli/migration/next-migration.ts';
import { run } from '../../support/run-cli.ts';

const now = new Date('2027-01-31T12:00:05Z');

describe('the next migration is numbered as the directory is:', () => {
  it.each([
    ['an empty directory', [], '0001_tags.sql'],
    ['three digits', ['001_notes.sql', '002_users.sql'], '003_tags.sql'],
    ['four digits', ['0001_notes.sql', '0009_users.sql'], '0010_tags.sql'],
    ['numbers without leading zeros', ['1_notes.sql', '9_users.sql', '10_teams.sql'], '11_tags.sql'],
    ['a hyphen', ['01-notes.sql'], '02-tags.sql'],
    ["Flyway's names", ['V1__notes.sql', 'V2__users.sql'], 'V3__tags.sql'],
    ['timestamps', ['20260102030405_notes.sql'], '20270131120005_tags.sql'],
    ['timestamps without seconds', ['202601020304_notes.sql'], '202701311200_tags.sql'],
    ['a timestamp that this clock has not reached', ['20280101000000_notes.sql'], '20280101000001_tags.sql'],
    ['files that are no migrations', ['README.md', '0007_notes.sql.bak', '0001_notes.sql'], '0002_tags.sql'],
    ['migrations without numbers', ['notes.sql'], '0001_tags.sql'],
  ])('%s', (_, existing, expected) => {
    expect(nextMigration(existing, 'tags', now)).toBe(expected);
  });
});

describe('migration new', () => {
  let directory: string;
  beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'migrations '))));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('makes the directory and a file with a comment alone, and prints its path', async () => {
    const place = join(directory, 'migrations');
    const path = join(place, '0001_add_tags_to_notes.sql');
    const result = await run('migration', 'new', 'Add tags to notes', '--directory', place);
    expect(result).toEqual({ code: 0, stdout: `${path}\n`, stderr: '' });
    expect(readFileSync(path, 'utf8')).toBe('-- Add tags to notes\n');
  });

  it('keeps files that are there', async () => {
    writeFileSync(join(directory, '007_notes.sql'), 'SELECT 1');
    await run('migration', 'new', 'tags', '--directory', directory);
    expect(
      readdirSync(directory)
        .filter((file) => file.endsWith('.sql'))
        .sort(),
    ).toEqual(['007_notes.sql', '008_tags.sql']);
    expect(readFileSync(join(directory, '007_notes.sql'), 'utf8')).toBe('SELECT 1');
  });

  it('rejects a name without a letter or digit', async () => {
    const { code, stderr } = await run('migration', 'new', '../..', '--directory', join(directory, 'none'));
    expect({ code, made: existsSync(join(directory, 'none')) }).toEqual({ code: 1, made: false });
    expect(stderr).toContain('[invalid_name]');
  });
});
