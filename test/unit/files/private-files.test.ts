import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SecretsDirectory } from '../../../constructs/index.ts';
import { generateKey, readKeys, writeKey } from '../../../tokens/index.ts';
import {
  checkPrivateDirectory,
  makePrivateDirectory,
  readGivenFile,
  readPrivateFile,
  readTrustedFile,
} from '../../../files/private-files.ts';

const OTHER = 12_345;
/** Only root can make files of another user. */
const asRoot = process.geteuid?.() === 0;
const refused = (problem: string) =>
  expect.objectContaining({
    code: 'insecure_secret_file',
    message: expect.stringContaining(problem) as string,
  }) as Error;

let parent: string;
let directory: string;
let file: string;

beforeEach(() => {
  parent = realpathSync(mkdtempSync(join(tmpdir(), 'private-')));
  directory = join(parent, 'secrets');
  mkdirSync(directory, { mode: 0o700 });
  file = join(directory, 'password');
  writeFileSync(file, 'secret', { mode: 0o600 });
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe('a private file', () => {
  it('is read, and undefined where it is missing', () => {
    expect(readPrivateFile(file)).toBe('secret');
    expect(readPrivateFile(`${file}-2`)).toBeUndefined();
  });

  it.each([0o640, 0o620, 0o604, 0o602])('of mode %o is rejected with the chmod that helps', (mode) => {
    chmodSync(file, mode);
    expect(() => readPrivateFile(file)).toThrow(refused(`run: chmod 600 ${file}`));
    execFileSync('chmod', ['600', file]);
    expect(readPrivateFile(file)).toBe('secret');
  });

  it('of public content may be read by others, and not written', () => {
    chmodSync(file, 0o644);
    expect(readTrustedFile(file)).toBe('secret');
    chmodSync(file, 0o664);
    expect(() => readTrustedFile(file)).toThrow(refused('lets other users change'));
  });

  it('that is a directory or a pipe is rejected at once', () => {
    rmSync(file);
    mkdirSync(file);
    expect(() => readPrivateFile(file)).toThrow(refused('not a regular file'));
    rmSync(file, { recursive: true });
    execFileSync('mkfifo', ['-m', '600', file]);
    expect(() => readPrivateFile(file)).toThrow(refused('not a regular file'));
  });

  it("is followed through this user's own link, and checked at its end", () => {
    const target = join(parent, 'target');
    renameSync(file, target);
    symlinkSync(target, file);
    expect(readPrivateFile(file)).toBe('secret');
    chmodSync(target, 0o644);
    expect(() => readPrivateFile(file)).toThrow(refused('mode 0644'));
  });

  it.runIf(asRoot)("is not followed through another user's link", () => {
    const target = join(parent, 'target');
    renameSync(file, target);
    symlinkSync(target, file);
    lchownSync(file, OTHER, OTHER);
    expect(() => readPrivateFile(file)).toThrow(refused(`the symbolic link belongs to another user (uid ${OTHER}`));
  });

  it.runIf(asRoot)('of another user is rejected with the chown that helps', () => {
    chownSync(file, OTHER, OTHER);
    expect(() => readPrivateFile(file)).toThrow(refused(`run: chown -h 0 ${file}`));
    expect(readGivenFile(file).toString()).toBe('secret');
    execFileSync('chown', ['-h', '0', file]);
    expect(readPrivateFile(file)).toBe('secret');
  });
});

describe('a file that the user names', () => {
  it('may be readable by others, a link, or a pipe', () => {
    chmodSync(file, 0o444);
    const link = join(parent, 'link');
    symlinkSync(file, link);
    expect(readGivenFile(link).toString()).toBe('secret');
    const pipe = join(parent, 'pipe');
    execFileSync('mkfifo', [pipe]);
    spawn('sh', ['-c', 'printf secret >"$0"', pipe]);
    expect(readGivenFile(pipe).toString()).toBe('secret');
  });

  it('is rejected where every user can write it', () => {
    chmodSync(file, 0o646);
    expect(() => readGivenFile(file)).toThrow(refused('lets other users change'));
  });
});

describe('a private directory', () => {
  it('is closed where others could only read it', () => {
    chmodSync(directory, 0o755);
    makePrivateDirectory(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it.each([0o770, 0o702, 0o777])('of mode %o is rejected: others could have put files there', (mode) => {
    chmodSync(directory, mode);
    expect(() => makePrivateDirectory(directory)).toThrow(refused(`run: chmod 700 ${directory}`));
    expect(statSync(directory).mode & 0o777).toBe(mode);
  });

  it('is rejected below a directory in which others can rename, and not below one like /tmp', () => {
    chmodSync(parent, 0o777);
    expect(() => checkPrivateDirectory(directory)).toThrow(refused(`chmod go-w ${parent}`));
    chmodSync(parent, 0o1777);
    checkPrivateDirectory(directory);
  });

  it("may be this user's own link to another place", async () => {
    const link = join(parent, 'link');
    symlinkSync('secrets', link);
    const { adminPassword } = new SecretsDirectory({ name: 'todos', directory: link });
    expect(readFileSync(adminPassword.path, 'utf8')).toMatch(/^[\w-]{43}$/);
    const key = await generateKey();
    writeKey(join(link, 'keys'), key);
    expect(readKeys(join(link, 'keys'))).toEqual([key]);
  });

  it('is rejected where its links form a circle', () => {
    symlinkSync('circle', join(parent, 'circle'));
    expect(() => checkPrivateDirectory(join(parent, 'circle'))).toThrow(refused('too many symbolic links'));
  });

  it.runIf(asRoot)('is rejected where it, a directory above it, or a link on the way belongs to another user', () => {
    chownSync(directory, OTHER, OTHER);
    expect(() => new SecretsDirectory({ name: 'todos', directory })).toThrow(refused(`run: chown -h 0 ${directory}`));
    chownSync(directory, 0, 0);

    chownSync(parent, OTHER, OTHER);
    expect(() => checkPrivateDirectory(directory)).toThrow(refused(`${parent}: the directory belongs`));
    chownSync(parent, 0, 0);

    const link = join(parent, 'link');
    symlinkSync(directory, link);
    lchownSync(link, OTHER, OTHER);
    expect(() => checkPrivateDirectory(link)).toThrow(refused(`${link}: the symbolic link belongs`));
    expect(() => checkPrivateDirectory(join(link, 'keys'))).toThrow(refused(`${link}: the symbolic link belongs`));
  });
});
