import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadDeclaration } from '../../../cli/load-declaration.ts';
import { allBlocks } from '../../support/docs/markdown.ts';

const index = new URL('../../../index.ts', import.meta.url).href;
let directory: string;

beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'declarations '))));
afterAll(() => rmSync(directory, { recursive: true }));

/** The README's own is that of the example, which other tests run. */
const declarations = allBlocks('ts').filter(({ text, file }) => /^export default declare\(/m.test(text) && !file);

it.each(declarations)('$place is a declaration', async ({ text, place }) => {
  const file = join(directory, `${place.replaceAll(/\W/g, '-')}.ts`);
  writeFileSync(file, text.replace("'cdktf-secured-postgrest'", `'${index}'`));
  expect(await loadDeclaration(file)).toHaveProperty('authenticator');
});

it('there are some', () => expect(declarations.length).toBeGreaterThan(2));

it('JSON declares the same as docs/declaration.md begins with', async () => {
  const [json] = allBlocks('json').filter(({ page }) => page === 'docs/declaration.md');
  const file = join(directory, 'declaration.json');
  writeFileSync(file, json!.text);
  expect(await loadDeclaration(file)).toHaveProperty('name', 'empty');
});
