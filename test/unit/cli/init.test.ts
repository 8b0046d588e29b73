import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../support/checkout.ts';
import { run } from '../../support/run-cli.ts';

let directory: string;
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'projects '))));
afterAll(() => rmSync(directory, { recursive: true }));

interface Manifest {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

describe('init', () => {
  it('writes a project into a new directory, named after it, and prints each file and what to run next', async () => {
    const place = join(directory, 'My Notes');
    const { code, stdout, stderr } = await run('init', place);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const files = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((file) => file !== 'migrations');
    expect(stdout.split('\n\n')[0]!.split('\n').sort()).toEqual(files.map((file) => join(place, file)).sort());
    expect(stdout).toContain(`cd '${place}' && npm install\n  npm test\n  npm start`);
    expect(manifestOf(place).name).toBe('my-notes');
    expect(readFileSync(join(place, 'declaration.ts'), 'utf8')).toContain("name: 'my_notes'");
    expect(readFileSync(join(place, 'README.md'), 'utf8').trim().split('\n').length).toBeLessThanOrEqual(10);
  });

  it('names the packages in the versions with which this one is tested', async () => {
    const place = join(directory, 'versions');
    await run('init', place);
    const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest & { version: string };
    const { dependencies, devDependencies } = manifestOf(place);
    expect(dependencies['cdktf-secured-postgrest']).toBe(`^${own.version}`);
    expect(own.devDependencies).toMatchObject(
      Object.fromEntries(Object.entries(devDependencies).filter(([name]) => name !== 'cdktn-cli')),
    );
    expect({ ...dependencies, ...devDependencies }).not.toContain(undefined);
  });

  it('overwrites no file, and then writes none', async () => {
    const place = join(directory, 'existing');
    mkdirSync(place);
    writeFileSync(join(place, 'seed.sql'), 'mine');
    const { code, stderr } = await run('init', place);
    expect({ code, files: readdirSync(place) }).toEqual({ code: 1, files: ['seed.sql'] });
    expect(readFileSync(join(place, 'seed.sql'), 'utf8')).toBe('mine');
    expect(stderr).toContain(`${join(place, 'seed.sql')} would be overwritten`);
    expect(stderr).toContain('[file_exists]');
    const { stderr: isFile } = await run('init', join(place, 'seed.sql'));
    expect(isFile).toContain('it is a file; name a directory [file_exists]');
  });

  it('takes the name that it is given', async () => {
    const place = join(directory, '2027');
    expect((await run('init', place)).stderr).toMatch(/no name can be made .*--name \[invalid_name\]/);
    expect((await run('init', place, '--name', 'Not Good')).stderr).toContain('[invalid_name]');
    expect(existsSync(place)).toBe(false);
    expect((await run('init', place, '--name', 'archive')).code).toBe(0);
    expect(readFileSync(join(place, 'declaration.ts'), 'utf8')).toContain("users: ['archive_user']");
  });
});
