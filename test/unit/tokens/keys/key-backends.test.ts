import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  addKey,
  exportKeys,
  exportSigningKeys,
  generateKey,
  keysFromCommand,
  keysFromEnvironment,
  keysFromFile,
  loadVerificationKeys,
  readKeys,
  readManagedKeys,
  removeKey,
  revokeKey,
  rotateKeys,
  undoKeyStep,
  type KeyPlace,
} from '../../../../tokens/index.ts';
import { refusal } from '../../../support/errors.ts';
import { run } from '../../../support/run-cli.ts';

let parent: string;
let directory: string;
/** What a vault has in its safe. */
let vault: string;

beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), 'backends-'));
  [directory, vault] = [join(parent, 'keys'), join(parent, 'vault.json')];
  addKey(directory, await generateKey());
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(parent, { recursive: true });
});

const read = () => ['cat', vault] as const;
const write = () => ['sh', '-c', 'cat > "$1"', 'sh', vault] as const;
const inVault = () => keysFromCommand(read(), { write: write() });
const states = (place: KeyPlace) => readManagedKeys(place).map(({ key: { kid }, state }) => [kid, state]);

it('come back from the document that is exported, states and history included', async () => {
  await rotateKeys(directory);
  writeFileSync(vault, exportKeys(directory));
  expect(states(inVault())).toEqual(states(directory));
  expect(readKeys(inVault())).toEqual(readKeys(directory));
  vi.stubEnv('KEYS_OF_A_TEST', readFileSync(vault, 'utf8'));
  expect(loadVerificationKeys({ generate: 'ES256' }, keysFromEnvironment('KEYS_OF_A_TEST'))).toEqual(
    loadVerificationKeys({ generate: 'ES256' }, directory),
  );
  undoKeyStep(directory);
  undoKeyStep(inVault());
  expect(states(inVault())).toEqual(states(directory));
});

it('are read anew from a file that is written again, and not while it is missing', async () => {
  const file = keysFromFile(vault);
  expect(refusal(() => readKeys(file))).toMatchObject({
    code: 'unreadable_key',
    message: expect.stringContaining(vault) as string,
  });
  writeFileSync(vault, exportKeys(directory));
  expect(states(file)).toEqual(states(directory));
  await rotateKeys(directory);
  writeFileSync(vault, exportKeys(directory));
  expect(states(file)).toEqual(states(directory));
  const { stdout } = await run('keys', 'list', '--keys-file', vault, '--json');
  expect(JSON.parse(stdout)).toHaveLength(2);
});

it('of a signer are those that still sign or verify, without secrets of HS256 and without history', async () => {
  const revoked = readKeys(directory)[0]!;
  const { key: inUse } = await rotateKeys(directory);
  addKey(directory, await generateKey());
  const secret = addKey(directory, await generateKey('HS256')).key;
  revokeKey(directory, revoked.kid, { force: true });
  const document = exportSigningKeys(directory);
  for (const hidden of [revoked['d'], secret['k'], revoked.kid]) expect(document).not.toContain(hidden);
  writeFileSync(vault, document);
  expect(readKeys(keysFromFile(vault))).toEqual(readKeys(directory).filter(({ alg }) => alg !== 'HS256'));
  expect(states(keysFromFile(vault))).toContainEqual([inUse.key.kid, 'in_use']);
  expect(exportSigningKeys(keysFromFile(vault))).toBe(document);
});

it('make the same steps as in a directory', async () => {
  writeFileSync(vault, '{"keys":[],"versions":[]}');
  const first = addKey(inVault(), await generateKey()).key.kid;
  const { key, isNew } = await rotateKeys(inVault());
  expect(isNew).toBe(true);
  expect(states(inVault())).toEqual(
    expect.arrayContaining([
      [key.key.kid, 'in_use'],
      [first, 'previously_used'],
    ]),
  );
  expect(refusal(() => revokeKey(inVault(), first)).code).toBe('key_in_use');
  revokeKey(inVault(), first, { force: true });
  undoKeyStep(inVault());
  revokeKey(inVault(), first, { force: true });
  removeKey(inVault(), first);
  expect(states(inVault())).toEqual([[key.key.kid, 'in_use']]);
});

it('change nothing where nothing can write', async () => {
  const document = exportKeys(directory);
  writeFileSync(vault, document);
  vi.stubEnv('KEYS_OF_A_TEST', document);
  for (const place of [keysFromEnvironment('KEYS_OF_A_TEST'), keysFromCommand(read()), keysFromFile(vault)]) {
    await expect(rotateKeys(place)).rejects.toThrow('[keys_read_only]');
  }
  expect(readFileSync(vault, 'utf8')).toBe(document);
});

describe('are refused', () => {
  it.each([
    ['text', 'a secret text'],
    ['another document', '{"keys":{}}'],
    ['a key with another name', '{"keys":[{"created":"2026-01-01","key":{"kid":"a secret text"}}],"versions":[]}'],
    ['null', 'null'],
  ])('as %s', (_, text) => {
    vi.stubEnv('KEYS_OF_A_TEST', text);
    const { code, message } = refusal(() => readKeys(keysFromEnvironment('KEYS_OF_A_TEST')));
    expect(code).toBe('unreadable_key');
    expect(message).not.toContain('secret');
  });

  it('where there is no variable', () => {
    expect(refusal(() => readKeys(keysFromEnvironment('KEYS_OF_A_TEST'))).message).toContain('$KEYS_OF_A_TEST');
  });

  const failing = (script: string) =>
    refusal(() => readKeys(keysFromCommand([process.execPath, '-e', script], { timeoutMs: 3000 })));

  it('from a command that fails, without what it says, which may be a secret', () => {
    const { code, message } = failing(`console.error('wrong: hunter2'); process.exit(3)`);
    expect(code).toBe('keys_command_failed');
    expect(message).toMatch(/: it ended with status 3; run it yourself to see what it says \[keys_command_failed\]$/);
    expect(message.split('status 3')[1]).not.toContain('hunter2');
  });

  it('from a command that does not end', () => {
    expect(failing('setInterval(() => {}, 1000)').message).toContain('it did not end within 3 s');
  });

  it('from a command that prints too much', () => {
    expect(failing(`process.stdout.write('x'.repeat(2_000_000))`).message).toContain('more than 1000000 bytes');
  });

  it('from a command that there is not', () => {
    expect(refusal(() => readKeys(keysFromCommand(['/none/at/all']))).message).toContain('ENOENT');
  });
});

it('are not written over where nothing was read', async () => {
  const exported = exportKeys(directory);
  writeFileSync(vault, exported);
  const failing = keysFromCommand(['sh', '-c', 'false | cat'], { write: write() });
  const key = await generateKey();
  expect(refusal(() => addKey(failing, key)).code).toBe('unreadable_key');
  expect(readFileSync(vault, 'utf8')).toBe(exported);
});

it('have no shell look at their words', () => {
  const file = join(parent, 'made');
  writeFileSync(vault, exportKeys(directory));
  expect(refusal(() => readKeys(keysFromCommand(['cat', vault, `; touch ${file}`]))).code).toBe('keys_command_failed');
  expect(existsSync(file)).toBe(false);
});

it('serve the command line', { timeout: 120_000 }, async () => {
  const { stdout } = await run('keys', 'export', '--directory', directory);
  writeFileSync(vault, stdout);
  const place = ['--keys-command', JSON.stringify(read()), '--keys-write-command', JSON.stringify(write())];
  expect((await run('keys', 'rotate', ...place, '--json')).code).toBe(0);
  const list = JSON.parse((await run('keys', 'list', ...place, '--json')).stdout) as { state: string }[];
  expect(list.map(({ state }) => state).sort()).toEqual(['in_use', 'previously_used']);
  expect((await run('token', 'mint', ...place, '--role', 'todos_user')).stdout).toMatch(/^eyJ/);
  expect((await run('keys', 'list')).stderr).toContain('[unreadable_key]');
  expect((await run('keys', 'list', '--keys-command', 'cat vault')).stderr).toContain('write it like');
});
