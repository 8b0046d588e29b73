import { chmodSync, lchownSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSource } from '../../../cli/check-source.ts';
import { readSeed } from '../../../cli/dev/seed.ts';
import { loadAfresh, loadDeclaration } from '../../../cli/load-declaration.ts';

const url = (path: string) => new URL(`../../../${path}`, import.meta.url).href;
const source = `import { migrationsFrom, sqlFile } from '${url('declaration/read-sql.ts')}';
migrationsFrom(new URL('migrations', import.meta.url));
sqlFile(new URL('policies/own.sql', import.meta.url));
globalThis.loaded = (globalThis.loaded ?? 0) + 1;
export default { name: 'notes', schemas: ['api'], roles: { users: ['notes_user'] } };`;

let directory: string;
let file: string;
const at = (name: string) => join(directory, 'app', name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sources-'));
  mkdirSync(at('migrations'), { recursive: true });
  mkdirSync(at('policies'));
  writeFileSync(at('migrations/001.sql'), 'select 1');
  writeFileSync(at('policies/own.sql'), 'true');
  writeFileSync((file = at('declaration.ts')), source);
  delete (globalThis as { loaded?: number }).loaded;
});
afterEach(() => rmSync(directory, { recursive: true }));

const refused = (place: string, fix = 'chmod go-w') => ({
  code: 'unsafe_directory',
  message: expect.stringContaining(
    `another user can change or replace ${place}; check its content, then run: ${fix} ${place}`,
  ) as string,
});
const loaded = () => (globalThis as { loaded?: number }).loaded;

describe.skipIf(process.platform === 'win32')('a declaration', () => {
  it.each([
    ['in a directory that others write', 'app', 0o777],
    ['below a directory that others write', '.', 0o757],
    ['that others write', 'app/declaration.ts', 0o666],
  ])('%s is not run', async (_, name, mode) => {
    const place = join(directory, name);
    chmodSync(place, mode);
    await expect(loadDeclaration(file)).rejects.toMatchObject(refused(place));
    await expect(loadAfresh(file, () => {})).rejects.toMatchObject(refused(place));
    expect(loaded()).toBeUndefined();
  });

  it.each([
    ['a directory of migrations that others write', 'migrations', 0o777],
    ['a directory of migrations that others may add files to', 'migrations', 0o1777],
    ['a migration that others write', 'migrations/001.sql', 0o622],
    ['a directory of policies that others write', 'policies', 0o777],
    ['a policy that others write', 'policies/own.sql', 0o666],
  ])('with %s is refused', async (_, name, mode) => {
    chmodSync(at(name), mode);
    await expect(loadDeclaration(file)).rejects.toMatchObject(refused(at(name)));
  });

  it.each(['node_modules', 'package.json', 'tsconfig.json'])(
    'does not run beside a %s that others write',
    async (name) => {
      mkdirSync(at(name));
      chmodSync(at(name), 0o777);
      await expect(loadDeclaration(file)).rejects.toMatchObject(refused(at(name)));
      expect(loaded()).toBeUndefined();
    },
  );

  it('that a link of a directory that others write leads to is not run', async () => {
    mkdirSync(at('open'));
    symlinkSync(file, at('open/declaration.ts'));
    chmodSync(at('open'), 0o777);
    await expect(loadDeclaration(at('open/declaration.ts'))).rejects.toMatchObject(refused(at('open')));
  });

  it('loads in a sticky directory, through links, and where only the own group writes', async () => {
    chmodSync(directory, 0o1777);
    for (const name of ['', 'migrations', 'policies']) chmodSync(at(name), 0o775);
    for (const name of ['declaration.ts', 'migrations/001.sql', 'policies/own.sql']) chmodSync(at(name), 0o664);
    symlinkSync('app', join(directory, 'link'));
    expect(await loadDeclaration(join(directory, 'link/declaration.ts'))).toMatchObject({ name: 'notes' });
  });

  it('has no seed that others write', () => {
    writeFileSync(at('seed.sql'), 'select 1');
    chmodSync(at('seed.sql'), 0o666);
    expect(() => readSeed(file, undefined)).toThrow(expect.objectContaining(refused(at('seed.sql'))));
    expect(() => readSeed(file, at('seed.sql'))).toThrow(expect.objectContaining(refused(at('seed.sql'))));
  });
});

// Another user can be played only by root, which CI and containers often are.
describe.runIf(process.getuid?.() === 0)('what another user owns', () => {
  it('is not run by root', async () => {
    lchownSync(at('declaration.ts'), 65534, 65534);
    await expect(loadDeclaration(file)).rejects.toMatchObject(refused(file, 'chown -h 0'));
    expect(loaded()).toBeUndefined();
  });

  it('is not run when it was put over the file of root', async () => {
    writeFileSync(at('theirs.ts'), source);
    lchownSync(at('theirs.ts'), 65534, 65534);
    renameSync(at('theirs.ts'), file);
    await expect(loadAfresh(file, () => {})).rejects.toMatchObject(refused(file, 'chown -h 0'));
    expect(loaded()).toBeUndefined();
  });

  it('leads no link', () => {
    symlinkSync(file, at('link.ts'));
    lchownSync(at('link.ts'), 65534, 65534);
    expect(() => checkSource(at('link.ts'))).toThrow(expect.objectContaining(refused(at('link.ts'), 'chown -h 0')));
  });

  it('may be a group that does not write', async () => {
    lchownSync(at(''), 0, 65534);
    expect(await loadDeclaration(file)).toMatchObject({ name: 'notes' });
    chmodSync(at(''), 0o770);
    await expect(loadDeclaration(file)).rejects.toMatchObject(refused(at('').replace(/\/$/, '')));
  });
});
