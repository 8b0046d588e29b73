import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addKey,
  encryptionHeader,
  encryptToken,
  exportKeys,
  generateDecryptionKey,
  generateKey,
  keysInDirectory,
  openToken,
  readKeys,
  readManagedKeys,
  readToken,
  signToken,
} from '../../../tokens/index.ts';
import { compiled } from '../../support/compiled.ts';
import { run } from '../../support/run-cli.ts';
import { runProgram } from '../../support/run-program.ts';

let parent: string;
let directory: string;
let encryptionDirectory: string;
let declaration: string;
const signingKeys = () => ['--directory', directory];
const encryptionKeys = () => ['--encryption-directory', encryptionDirectory];
const stored = () => keysInDirectory(encryptionDirectory, { use: 'enc' });

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'encryption-'));
  directory = join(parent, 'keys');
  encryptionDirectory = join(parent, 'encryption-keys');
  declaration = join(parent, 'declaration.json');
  addKey(directory, await generateKey());
  addKey(stored(), generateDecryptionKey());
  const tokens = { encryption: 'required' };
  writeFileSync(declaration, JSON.stringify({ name: 'notes', schemas: ['api'], roles: { users: ['writer'] }, tokens }));
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

describe('keys --use enc', () => {
  it('makes, rotates and shows encryption keys in a directory of their own', async () => {
    const own = join(parent, 'own');
    const place = ['--directory', own, '--use', 'enc'];
    const keys = keysInDirectory(own, { use: 'enc' });
    expect((await run('keys', 'generate', ...place, '--curve', 'X25519')).stdout).toMatch(/ ECDH-ES\+A256KW in_use /);
    const [first] = readKeys(keys);
    expect(first).toMatchObject({ crv: 'X25519', use: 'enc' });
    const rotated = await run('keys', 'rotate', ...place);
    expect(rotated.stderr).toContain('deploy before you encrypt to it, so that the openers know it');
    const [second] = readKeys(keys);
    const { kid, kty, crv, x } = second!;
    const shown = JSON.parse((await run('keys', 'jwks', ...place)).stdout) as { keys: object[] };
    expect(shown.keys[0]).toEqual({ kid, kty, crv, x, alg: 'ECDH-ES+A256KW', use: 'enc' });
    expect((await run('keys', 'export', ...place)).stdout).toBe(exportKeys(keys));
    expect((await run('keys', 'revoke', ...place, '--kid', first!.kid, '--force')).stdout).toContain(' revoked ');
    expect(readManagedKeys(keys).map(({ state }) => state)).toEqual(['in_use', 'revoked']);
  });

  it('rejects algorithms of the other use, and keys of the other directory', async () => {
    const place = ['--directory', join(parent, 'none')];
    const [signing, encrypting, mixed] = await Promise.all([
      run('keys', 'generate', ...place, '--use', 'enc', '--algorithm', 'ES256'),
      run('keys', 'generate', ...place, '--algorithm', 'RSA-OAEP-256'),
      run('keys', 'list', ...signingKeys(), '--use', 'enc'),
    ]);
    expect(signing.stderr).toContain('[unsupported_algorithm]');
    expect(encrypting.stderr).toContain('[unsupported_algorithm]');
    expect(mixed.stderr).toContain('a key for signatures, not for encryption');
  });
});

describe('token', () => {
  it('mint encrypts where the declaration requires it, and what verify then accepts', async () => {
    const role = ['--role', 'writer', '--declaration', declaration];
    const { code, stdout, stderr } = await run('token', 'mint', ...signingKeys(), ...encryptionKeys(), ...role);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const token = stdout.trim();
    const { token: signed } = await openToken(token, readKeys(stored()));
    expect(readToken(signed!).claims).toMatchObject({ role: 'writer' });

    const verify = (given: string, ...keys: string[]) =>
      run('token', 'verify', declaration, given, ...signingKeys(), ...keys);
    const [encrypted, unknown, merelySigned] = await Promise.all([
      verify(token, ...encryptionKeys()),
      verify(token),
      verify(signed!, ...encryptionKeys()),
    ]);
    expect(encrypted).toMatchObject({ code: 0, stdout: 'good: requests with it are served as writer\n' });
    expect(unknown).toMatchObject({ code: 2, stdout: expect.stringContaining('[encrypted]') as string });
    expect(merelySigned).toMatchObject({ code: 2, stdout: expect.stringContaining('[not_encrypted]') as string });

    const [seen, unseen] = await Promise.all([
      run('token', 'inspect', token, ...encryptionKeys()),
      run('token', 'inspect', token),
    ]);
    const encryption = encryptionHeader(token);
    expect(JSON.parse(seen.stdout)).toEqual({ encryption, ...readToken(signed!) });
    expect(JSON.parse(unseen.stdout)).toEqual({ encryption });
    expect(unseen.stderr).toContain('name the encryption keys to see what is inside');
  });

  it('mint asks for a key where the declaration requires it, and encrypts to a named one without a declaration', async () => {
    const [without, named] = await Promise.all([
      run('token', 'mint', ...signingKeys(), '--role', 'writer', '--declaration', declaration),
      run('token', 'mint', ...signingKeys(), '--role', 'writer', ...encryptionKeys()),
    ]);
    expect(without).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('keys generate --use enc') as string,
    });
    expect(encryptionHeader(named.stdout.trim())).toMatchObject({ alg: 'ECDH-ES+A256KW', cty: 'JWT' });
  });
});

it('gateway open serves until it is stopped, and prints no token', async () => {
  const token = await encryptToken(
    await signToken(readKeys(directory)[0]!, { role: 'writer' }),
    readKeys(stored())[0]!,
  );
  const args = [compiled('cli/main.js'), 'gateway', 'open', '--directory', encryptionDirectory, '--listen', '0'];
  const answers: (number | string)[] = [];
  const ask = async (url: string, pid: number) => {
    for (const given of [token, token.slice(0, -8)]) {
      const { status, headers } = await fetch(`${url}/open`, { headers: { Authorization: `Bearer ${given}` } });
      answers.push(status, headers.get('x-opened-authorization') ?? 'nothing');
    }
    process.kill(pid, 'SIGTERM');
  };
  let asking: Promise<void> | undefined;
  const watch = (output: string, pid: number) => {
    const [, url] = /^listens on (\S+)\n/m.exec(output) ?? [];
    if (url !== undefined) asking ??= ask(url, pid);
  };
  const { status, output } = await runProgram(process.execPath, args, { cwd: process.cwd(), env: process.env, watch });
  await asking;
  expect(answers).toEqual([200, expect.stringMatching(/^Bearer eyJ/), 401, 'nothing']);
  expect(status, output).toBe(0);
  expect(output).toMatch(/^listens on \S+\n\{"event":"refused","code":"malformed"\}\n$/);
});
