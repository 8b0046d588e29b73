import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { SecretFile, SecretsDirectory } from '../../../../constructs/index.ts';
import { verifierMatches } from '../../../../postgres/scram-verifier.ts';
import {
  certificateOf,
  isServerCertificate,
  newServerCertificate,
} from '../../../../constructs/secrets/server-certificate.ts';
import { PUBLIC_KEY, temporaryDirectory, testSecrets } from '../../../support/synth.ts';

const read = ({ path }: SecretFile) => readFileSync(path, 'utf8');
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('SecretsDirectory', () => {
  it('is below the current directory, one for each name', () => {
    const parent = temporaryDirectory();
    const secrets = new SecretsDirectory({ name: 'todos', directory: join(parent, 'a/b') });
    expect(secrets.path).toBe(join(parent, 'a/b'));
    expect(mode(secrets.path)).toBe('700');
    expect(mode(secrets.keys as string)).toBe('700');
  });

  it('closes a directory that others could enter', () => {
    const directory = join(temporaryDirectory(), 'open');
    mkdirSync(directory, { mode: 0o755 });
    testSecrets(directory);
    expect(mode(directory)).toBe('700');
  });

  it('makes passwords of 32 random bytes for nobody else to read, and keeps them', () => {
    const secrets = testSecrets();
    const { adminPassword } = secrets;
    const authenticatorPassword = secrets.authenticator.password;
    for (const file of [adminPassword, authenticatorPassword]) {
      expect(read(file)).toMatch(/^[\w-]{43}$/);
      expect(mode(file.path)).toBe('600');
    }
    expect(read(adminPassword)).not.toBe(read(authenticatorPassword));
    expect(read(testSecrets(secrets.path).adminPassword)).toBe(read(adminPassword));
    expect(readdirSync(secrets.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('uses an existing admin password where it is', () => {
    const directory = temporaryDirectory();
    const adminPasswordFile = join(directory, 'given');
    writeFileSync(adminPasswordFile, 'given');
    const secrets = new SecretsDirectory({ name: 'todos', directory: join(directory, 'secrets'), adminPasswordFile });
    expect(secrets.adminPassword.path).toBe(adminPasswordFile);
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
  ])('refuses an existing admin password that is %s', (_, content) => {
    const directory = temporaryDirectory();
    const adminPasswordFile = join(directory, 'given');
    if (content !== undefined) writeFileSync(adminPasswordFile, content);
    expect(() => new SecretsDirectory({ name: 'todos', directory, adminPasswordFile })).toThrowError(
      expect.objectContaining({ code: 'unreadable_secret' }),
    );
  });

  it('refuses a secret that others can read, without showing it', () => {
    const secrets = testSecrets();
    const { path } = secrets.adminPassword;
    const password = read(secrets.adminPassword);
    chmodSync(path, 0o644);
    const open = () => testSecrets(secrets.path);
    expect(open).toThrowError(expect.objectContaining({ code: 'insecure_secret_file' }));
    expect(open).toThrowError(/mode 0644.*chmod 600/);
    expect(open).not.toThrowError(password);
  });

  it('keeps the verifier for as long as the password is the same', () => {
    const secrets = testSecrets();
    const present = () => secrets.authenticator.all('todos_authenticator')[0]!.verifier;
    const verifier = read(present());
    expect(verifierMatches(verifier, read(secrets.authenticator.password))).toBe(true);
    expect(read(present())).toBe(verifier);
    rmSync(secrets.authenticator.password.path);
    expect(read(present())).not.toBe(verifier);
    expect(mode(present().path)).toBe('600');
  });

  it('writes the login for libpq, and refuses a password that would not fit', () => {
    const secrets = testSecrets();
    const login = secrets.databaseLogin('todos_authenticator');
    const password = read(secrets.authenticator.password);
    expect(read(login)).toBe(`[authenticator]\nuser=todos_authenticator\npassword=${password}\n`);
    expect(mode(login.path)).toBe('600');
    writeFileSync(secrets.authenticator.password.path, 'one\nuser=postgres');
    expect(() => secrets.databaseLogin('todos_authenticator')).toThrowError(
      expect.objectContaining({ code: 'unreadable_secret' }),
    );
  });

  it('writes the key set that the declaration gives', () => {
    const jwks = testSecrets().verificationKeys({ jwks: { keys: [PUBLIC_KEY] } });
    expect(JSON.parse(read(jwks))).toMatchObject({ keys: [{ kid: '1' }] });
  });

  it('generates a key once, and another when the algorithm changes', { timeout: 60_000 }, () => {
    const secrets = testSecrets();
    const algorithms = (generate: 'ES256' | 'EdDSA') =>
      (JSON.parse(read(secrets.verificationKeys({ generate }))) as { keys: { alg: string; d?: string }[] }).keys;
    expect(algorithms('ES256').map(({ alg }) => alg)).toEqual(['ES256']);
    expect(algorithms('ES256')).toHaveLength(1);
    expect(
      algorithms('EdDSA')
        .map(({ alg }) => alg)
        .sort(),
    ).toEqual(['ES256', 'EdDSA']);
    expect(algorithms('EdDSA').some(({ d }) => d !== undefined)).toBe(false);
  });

  it('keeps a certificate with its key, made again where it does not fit', () => {
    const secrets = testSecrets();
    const { server, certificate } = secrets.serverCertificate('db', '127.0.0.1');
    const first = read(server);
    expect(isServerCertificate(first, ['db', '127.0.0.1'])).toBe(true);
    expect(read(certificate)).toBe(certificateOf(first));
    expect(read(certificate)).not.toContain('PRIVATE');
    expect([mode(server.path), mode(certificate.path)]).toEqual(['600', '600']);
    secrets.serverCertificate('db', '127.0.0.1');
    expect(read(server)).toBe(first);
    secrets.serverCertificate('db', '127.0.0.1', 'another-name');
    expect(isServerCertificate(read(server), ['another-name'])).toBe(true);
    expect(read(certificate)).toBe(certificateOf(read(server)));
  });

  it('repairs what a process that was killed has left', () => {
    const secrets = testSecrets();
    const { server, certificate } = secrets.serverCertificate('db');
    const renewed = newServerCertificate(['db']);
    writeFileSync(server.path, renewed);
    expect(read(certificate)).not.toBe(certificateOf(renewed));
    secrets.serverCertificate('db');
    expect(read(certificate)).toBe(certificateOf(renewed));
  });

  it('has one certificate for processes that need it at the same time', { timeout: 60_000 }, async () => {
    const secrets = testSecrets();
    const module = new URL('../../../../constructs/secrets/secrets-directory.ts', import.meta.url).href;
    const program = `
      import { SecretsDirectory } from ${JSON.stringify(module)};
      const secrets = new SecretsDirectory({ name: 'todos', directory: ${JSON.stringify(secrets.path)} });
      for (let n = 0; n < 20; n++) secrets.serverCertificate('db', n % 2 ? 'one' : 'two');`;
    const run = promisify(execFile);
    const processes = [1, 2, 3, 4].map(() =>
      run(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program]),
    );
    await Promise.all(processes);
    const pem = readFileSync(join(secrets.path, 'db.pem'), 'utf8');
    expect(isServerCertificate(pem, ['db'])).toBe(true);
    expect(readFileSync(join(secrets.path, 'db-certificate.pem'), 'utf8')).toBe(certificateOf(pem));
    expect(readdirSync(secrets.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('fingerprints a secret so that the same one elsewhere has another fingerprint', () => {
    const [one, two] = [testSecrets(), testSecrets()];
    const file = join(temporaryDirectory(), 'weak');
    writeFileSync(file, '1234');
    const secret = new SecretFile(file);
    const before = one.fingerprint(secret);
    expect(before).toMatch(/^[0-9a-f]{16}$/);
    expect(one.fingerprint(secret)).toBe(before);
    expect(two.fingerprint(secret)).not.toBe(before);
    writeFileSync(file, '12345');
    expect(one.fingerprint(secret)).not.toBe(before);
  });
});
