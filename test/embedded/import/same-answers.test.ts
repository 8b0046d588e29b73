import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sample } from '../../support/fuzz.ts';
import { sameAnswers } from '../../support/same-answers/index.ts';
import { schemas } from '../../support/same-answers/schemas.ts';
import { schemaIn } from '../../support/same-answers/schema-directory.ts';

const GENERATED = { count: 500, seed: 15 };

/** A directory in which each directory is one schema, for schemas that are not in this repository. */
const directory = process.env['IMPORT_SCHEMAS'];

const written = mkdtempSync(join(tmpdir(), 'same-answers-'));
afterAll(() => rmSync(written, { recursive: true }));

describe('an imported schema', () => {
  it.each(sample(Object.entries(schemas)))('answers as before: %s', async (name, sql) => {
    const file = join(written, `${name}.sql`);
    writeFileSync(file, sql);
    const answers = await sameAnswers({ dumps: [file] }, { name }, GENERATED);
    expect(answers.unexplained).toEqual([]);
    expect(answers.same + answers.explained.length).toBeGreaterThanOrEqual(GENERATED.count);
    // Requests that both refuse prove little.
    expect(answers.served).toBeGreaterThan(GENERATED.count / 4);
  });
});

describe('a schema in IMPORT_SCHEMAS', () => {
  if (directory === undefined) {
    it.skip('answers as before: not run, because IMPORT_SCHEMAS names no directory with schemas');
    return;
  }
  const found = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  it.each(found.map((entry) => entry.name))('answers as before: %s', { timeout: 600_000 }, async (name) => {
    const { source, options } = schemaIn(join(directory, name));
    const answers = await sameAnswers(source, { name: basename(name), ...options }, GENERATED);
    console.log(`${name}: ${answers.same} same (${answers.served} served), ${answers.explained.length} explained`);
    expect(answers.unexplained).toEqual([]);
  });
});
