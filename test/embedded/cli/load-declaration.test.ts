import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAfresh, loadDeclaration } from '../../../cli/load-declaration.ts';
import { declare } from '../../../declaration/index.ts';
import { rejection } from '../../support/errors.ts';

const input = { name: 'notes', schemas: ['api'], roles: { users: ['notes_user'] } };
const declareUrl = new URL('../../../declaration/index.ts', import.meta.url).href;
let directory: string;

beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'declarations with spaces '))));
afterAll(() => rmSync(directory, { recursive: true }));

function put(name: string, text: string): string {
  const file = join(directory, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

describe('loadDeclaration', () => {
  it.each([
    [
      'declared.ts',
      `import { declare } from '${declareUrl}';\nexport default declare(${JSON.stringify(input)} as object as never);`,
    ],
    ['plain.ts', `const input: object = ${JSON.stringify(input)};\nexport default input;`],
    ['plain.mjs', `export default ${JSON.stringify(input)};`],
    ['plain.json', JSON.stringify(input)],
    ['declared.json', JSON.stringify(declare(input))],
  ])('loads %s', async (name, text) => {
    expect(await loadDeclaration(put(name, text))).toEqual(declare(input));
  });

  it('loads TypeScript in a Node that does not run under tsx', () => {
    const file = put(
      'outside.ts',
      `enum Name { notes = 'notes' }\nexport default { ...${JSON.stringify(input)}, name: Name.notes as string };`,
    );
    const loader = put(
      'loader.mjs',
      // Only the loader itself is read through tsx, as if it were compiled.
      `import { tsImport } from '${import.meta.resolve('tsx/esm/api')}';
       const { loadDeclaration } = await tsImport('${new URL('../../../cli/load-declaration.ts', import.meta.url).href}', import.meta.url);
       console.log((await loadDeclaration(process.argv[2])).name);`,
    );
    const { stdout, stderr } = spawnSync(process.execPath, [loader, file], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toBe('notes\n');
  });

  it('takes a relative path from the current working directory', async () => {
    const declaration = await loadDeclaration('examples/todos/declaration.ts');
    expect(declaration.name).toBe('todos');
  });

  it.each([
    ['a missing file', 'missing.ts', undefined, 'there is no file /'],
    ['a module without a default export', 'named.ts', 'export const declaration = {};', 'no default export'],
    ['something else', 'text.mjs', `export default 'notes';`, 'the default export is no declaration'],
    ['a broken module', 'broken.mjs', 'export default {', 'it cannot be loaded'],
    ['a module that throws', 'throws.ts', `throw new Error('on purpose');`, 'on purpose'],
    ['broken JSON', 'broken.json', '{', 'it cannot be loaded'],
    [
      'a declaration in the format of another version',
      'newer.json',
      JSON.stringify({ ...declare(input), declarationVersion: 2 }),
      'declarationVersion 2 is not 1, which this package reads',
    ],
    ['a declaration that is refused', 'refused.json', '{"name":"notes"}', 'refused.json: schemas: missing'],
    ['JSON of something else', 'package.json', '{"private":true}', 'package.json: unknown member "private"'],
    ['an empty object in a module', 'empty.mjs', 'export default {};', 'empty.mjs: name: missing'],
    ['a list', 'list.json', '[]', 'list.json: invalid input'],
    [
      'another kind of file',
      'seed.sql',
      'SELECT 1',
      'it is neither a module nor a JSON file; name a file that ends with .ts',
    ],
  ])('refuses %s', async (_, name, text, message) => {
    const file = text === undefined ? join(directory, name) : put(name, text);
    await expect(loadDeclaration(file)).rejects.toMatchObject({
      code: 'invalid_declaration',
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('refuses a URI without its password', async () => {
    const error = await rejection(loadDeclaration('postgresql://ann:secret@localhost/notes'));
    expect(error).toMatchObject({ code: 'invalid_declaration' });
    expect(error.message).toBe('declaration: a URI is no file; name the file of the declaration [invalid_declaration]');
  });

  it('refuses a directory', async () => {
    await expect(loadDeclaration(directory)).rejects.toMatchObject({
      code: 'invalid_declaration',
      message: expect.stringContaining('it is a directory; name the file in it that has the declaration') as unknown,
    });
  });

  it('names the module of a declaration that is wrong as a whole', async () => {
    const text = `import { declare } from '${declareUrl}';\nexport default declare({ ...${JSON.stringify(input)}, private: true } as never);`;
    await expect(loadDeclaration(put('whole.ts', text))).rejects.toMatchObject({
      place: join(directory, 'whole.ts'),
      problem: 'unknown member "private"',
    });
  });

  it('keeps the code of what the declaration itself is refused for', async () => {
    const text = `import { declare } from '${declareUrl}';\nexport default declare({ ...${JSON.stringify(input)}, name: 'Notes' });`;
    await expect(loadDeclaration(put('name.ts', text))).rejects.toMatchObject({ code: 'invalid_name' });
  });
});

describe('loadAfresh', () => {
  it.each(['module', 'commonjs'])('reads again what has changed, and tells the files: %s', async (type) => {
    put(`${type}/package.json`, JSON.stringify({ type }));
    const file = put(
      `${type}/declaration.ts`,
      `import { users } from './users.ts';
       import { declare } from '${type === 'module' ? declareUrl : fileURLToPath(declareUrl)}';
       export default declare({ ...${JSON.stringify(input)}, roles: { users } });`,
    );
    for (const user of ['notes_user', 'notes_editor']) {
      const users = put(`${type}/users.ts`, `export const users = ['${user}'];`);
      const files = new Set<string>();
      const declaration = await loadAfresh(file, (name) => files.add(name));
      expect(declaration).toEqual(declare({ ...input, roles: { users: [user] } }));
      await expect.poll(() => [...files]).toEqual(expect.arrayContaining([file, users]));
    }
  });

  it('tells the files of what cannot be loaded', async () => {
    const users = put('broken/users.ts', `export const users = [;`);
    put('broken/package.json', '{ "type": "module" }');
    const file = put('broken/declaration.ts', `import { users } from './users.ts'; export default users;`);
    const files = new Set<string>();
    await expect(loadAfresh(file, (name) => files.add(name))).rejects.toMatchObject({ code: 'invalid_declaration' });
    await expect.poll(() => [...files]).toEqual(expect.arrayContaining([file, users]));
  });

  it('reads JSON', async () => {
    const file = put('again.json', JSON.stringify(input));
    expect(await loadAfresh(file, () => {})).toEqual(declare(input));
    put('again.json', JSON.stringify({ ...input, name: 'other' }));
    expect((await loadAfresh(file, () => {})).name).toBe('other');
  });
});
