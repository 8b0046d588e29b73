import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkPackages, whileStarted } from '../support/linked-project.ts';
import { Project } from '../support/project.ts';

const project = new Project();

beforeAll(async () => {
  await linkPackages(project);
  await project.must('npx', ['secured-postgrest', 'init', '.', '--name', 'first_notes']);
}, 300_000);
afterAll(() => project.remove());

describe("init's project", () => {
  it('passes its own test', { timeout: 300_000 }, async () => {
    const { output } = await project.must('npm', ['test']);
    expect(output).toMatch(/Tests {2}.*1 passed/);
  });

  it('starts with its seed, and ends with Ctrl-C', { timeout: 120_000 }, async () => {
    await whileStarted(project.directory, async (url) => {
      const response = await fetch(`${url}/notes?select=text`);
      expect(await response.json()).toEqual([{ text: 'the library opens at nine' }]);
    });
  });

  it(
    'gets types with which its declaration still compiles, and a misspelt column does not',
    { timeout: 300_000 },
    async () => {
      await project.must('npm', ['run', 'types']);
      const file = join(project.directory, 'declaration.ts');
      const declaration = readFileSync(file, 'utf8');
      const typed = `import type { Names } from './database.types.ts';\n${declaration.replace('declare(', 'declare<Names>(')}`;
      writeFileSync(file, typed);
      await project.must('npx', ['tsc']);
      writeFileSync(file, typed.replaceAll("'author'", "'autor'"));
      await expect(project.must('npx', ['tsc'])).rejects.toThrow('"autor"');
      writeFileSync(file, declaration);
    },
  );

  it('takes another migration', { timeout: 120_000 }, async () => {
    const { output } = await project.must('npx', ['secured-postgrest', 'migration', 'new', 'add tags']);
    expect(output.trim()).toBe(join('migrations', '0002_add_tags.sql'));
    const { output: plan } = await project.must('npx', ['secured-postgrest', 'plan-sql', 'declaration.ts']);
    expect(plan).toContain('SET DEFAULT "first_notes_private"."default_sub_');
  });
});
