import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { baseDirectory } from '../../../testing/servers/base-directory.ts';

/** Gives a test file a TMPDIR of its own, which every user may use, so that what is left in it can be told. */
export function useOwnTemporaryDirectory(): () => string {
  const before = process.env['TMPDIR'];
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(baseDirectory(), 'tests with spaces '));
    chmodSync(directory, 0o1777);
    process.env['TMPDIR'] = directory;
  });
  afterAll(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(directory, { recursive: true });
  });
  return () => directory;
}
