import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { installedPackage } from '../../../testing/servers/installed-package.ts';

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(realpathSync(tmpdir()), 'project '));
  vi.spyOn(process, 'cwd').mockReturnValue(project);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(project, { recursive: true });
});

function install(...path: string[]): string {
  const directory = join(project, ...path);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{}');
  return directory;
}

describe('installedPackage', () => {
  it('finds what this package depends on', () => {
    expect(installedPackage('pg')).toMatch(/node_modules\/pg$/);
  });

  it('finds what the project in the current working directory depends on', () => {
    expect(installedPackage('@scope/only-here')).toBeUndefined();
    const directory = install('node_modules', '@scope', 'only-here');
    expect(installedPackage('@scope/only-here')).toBe(directory);
  });

  it('finds what is installed for a dependent package only', () => {
    const store = install('node_modules', '.store', 'outer', 'node_modules', 'outer');
    const inner = install('node_modules', '.store', 'outer', 'node_modules', 'inner');
    symlinkSync(store, join(project, 'node_modules', 'outer'));
    expect(installedPackage('inner')).toBeUndefined();
    expect(installedPackage('inner', 'outer')).toBe(inner);
  });
});
