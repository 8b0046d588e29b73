import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readAcceptedFile } from '../../../../cli/audit/read-accepted-file.ts';
import { refusal } from '../../../support/errors.ts';

const entry = { rule: 'rls_disabled', object: 'api.todos', reason: 'meant' };
const rules = ['rls_disabled'];
let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'accepted-'));
  file = join(directory, 'accepted.json');
  writeFileSync(file, JSON.stringify([entry]), { mode: 0o600 });
});
afterEach(() => rmSync(directory, { recursive: true }));

it('reads the named file', () => {
  expect(readAcceptedFile(file, rules)).toEqual([entry]);
});

it('reads no file where there is none and none is named', () => {
  expect(readAcceptedFile(undefined, rules)).toEqual([]);
});

it('rejects a named file that is missing', () => {
  const missing = join(directory, 'missing.json');
  expect(refusal(() => readAcceptedFile(missing, rules)).message).toBe(
    `${missing}: there is no such file; check the path, or leave --accepted out [invalid_accepted]`,
  );
});

it.skipIf(process.platform === 'win32')('rejects a file that another user can write: it could hide findings', () => {
  chmodSync(file, 0o666);
  expect(refusal(() => readAcceptedFile(file, rules)).code).toBe('unsafe_directory');
});
