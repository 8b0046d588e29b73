import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadDeclaration } from '../../../cli/load-declaration.ts';
import todos from '../../../examples/todos/declaration.ts';
import { allBlocks, codeBlocks, root } from '../../support/docs/markdown.ts';

const index = new URL('../../../declaration/index.ts', import.meta.url).href;
let directory: string;

beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'declarations '))));
afterAll(() => rmSync(directory, { recursive: true }));

/** Those of the example's files are what other tests run. */
const declarations = allBlocks('ts').filter(({ text, file }) => /^export default declare\(/m.test(text) && !file);

it.each(declarations)('$place is a declaration', async ({ text, place }) => {
  const file = join(directory, `${place.replaceAll(/\W/g, '-')}.ts`);
  writeFileSync(file, text.replace("'cdktf-secured-postgrest/declaration'", `'${index}'`));
  expect(await loadDeclaration(file)).toHaveProperty('authenticator');
});

it('README.md declares what examples/todos does, in about 20 lines', async () => {
  const { text } = codeBlocks('README.md').find((block) => block.file === 'declaration.ts')!;
  expect(text.trim().split('\n').length).toBeLessThanOrEqual(25);
  const file = join(directory, 'declaration.ts');
  writeFileSync(file, text.replace("'cdktf-secured-postgrest/declaration'", `'${index}'`));
  cpSync(`${root}examples/todos/migrations`, join(directory, 'migrations'), { recursive: true });
  const { name, schemas, migrations, tables } = await loadDeclaration(file);
  expect({ name, schemas }).toEqual({ name: todos.name, schemas: todos.schemas });
  expect(migrations.map(({ sql }) => sql)).toEqual(todos.migrations.map(({ sql }) => sql));
  expect(tables.map(({ grants }) => grants)).toEqual(todos.tables.map(({ grants }) => grants));
  const permitted = (table: (typeof tables)[number]) =>
    table.policies.flatMap(({ commands, roles }) =>
      commands.flatMap((command) => roles.map((role) => `${command} ${role}`)),
    );
  expect(permitted(tables[0]!).sort()).toEqual(permitted(todos.tables[0]!).sort());
});

it('there are some', () => expect(declarations.length).toBeGreaterThan(2));

it('JSON declares the same as docs/declaration.md begins with', async () => {
  const [json] = allBlocks('json').filter(({ page }) => page === 'docs/declaration.md');
  const file = join(directory, 'declaration.json');
  writeFileSync(file, json!.text);
  expect(await loadDeclaration(file)).toHaveProperty('name', 'empty');
});
