import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../support/run-cli.ts';

let directory: string;
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'import '))));
afterAll(() => rmSync(directory, { recursive: true }));

const uri = 'postgresql://ann@localhost/shop';

it.each([
  ['no source', [], 'import: no source is named; give --migrations, --dump, or a URI such as'],
  ['two sources', [uri, '--migrations', 'migrations'], 'import: 2 sources are named; give one of --migrations,'],
  [
    'all of them',
    ['--dump', 'a.sql', '--migrations', 'b', '--host', 'h'],
    'the database is not named; give --database',
  ],
  ['a file without its option', ['shop.sql'], 'import: the database is not a URI; write postgresql://'],
  ['a password in the URI', [uri.replace('@', ':secret@')], 'import: the URI has a password'],
  ['a directory that is a URI', [uri], 'import: a URI is no directory; name the directory first'],
])('rejects %s, and makes nothing', async (_, args, message) => {
  const target = message.includes('no directory') ? uri.replace('@', ':secret@') : join(directory, 'shop');
  const { code, stdout, stderr } = await run('import', target, ...args);
  expect({ code, stdout, made: existsSync(target) }).toEqual({ code: 1, stdout: '', made: false });
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('secret@');
});
