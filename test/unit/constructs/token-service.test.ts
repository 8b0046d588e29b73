import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDeclaration } from '../../../cli/load-declaration.ts';
import {
  PostgresDatabase,
  type ISecrets,
  SecretsDirectory,
  SecuredPostgrest,
  TokenService,
  type IPostgresDatabase,
  type TokenServiceProps,
} from '../../../constructs/index.ts';
import type { DeclarationInput } from '../../../declaration/types.ts';
import {
  addKey,
  exportKeys,
  generateKey,
  keysFromFile,
  keysInDirectory,
  publicKeySet,
  readKeys,
  revokeKey,
  rotateKeys,
  type PrivateKey,
} from '../../../tokens/index.ts';
import { readEncryptionKeys } from '../../../tokens/keys/read-encryption-keys.ts';
import { refusal } from '../../support/errors.ts';
import { synth, testDeclaration, testStack } from '../../support/synth.ts';

const CLIENT = { id: 'web', redirectUris: ['https://app.test/signed-in'], secret: 'secret of a client' };

const input = (more: Partial<DeclarationInput> = {}) =>
  testDeclaration({ keys: { generate: 'ES256' }, tokens: { issuer: 'https://id.test/sign-in' }, ...more });

const newApp = async () => ({ key: await generateKey(), ...testStack() });

/** A stack for a token service, and a key that need not be generated. */
async function withService(props: Partial<TokenServiceProps> = {}, declaration = input(), given = newApp()) {
  const { key, secrets: own, ...app } = await given;
  const secrets = props.secrets ?? own;
  if (typeof secrets.keys === 'string') addKey(secrets.keys, key);
  const database: IPostgresDatabase =
    props.database ?? new PostgresDatabase(app.stack, 'database', { name: 'todos', secrets });
  const behindOpener = declaration.tokens.encryption !== undefined;
  const api = new SecuredPostgrest(app.stack, 'api', { declaration, database, secrets, behindOpener });
  const make = () =>
    new TokenService(app.stack, 'sign-in', {
      declaration,
      database,
      api,
      image: 'token-service:1',
      clients: [CLIENT],
      trustProxy: true,
      ...props,
      secrets,
    });
  return { ...app, declaration, database, api, secrets, key, make };
}

const fileOf = (secrets: ISecrets, name: string) => readFileSync(join(secrets.path, name), 'utf8');

describe('TokenService', () => {
  it('is given the public encryption keys alone, the one in use first, and new ones without a restart', async () => {
    const declaration = input({ tokens: { issuer: 'https://id.test/sign-in', encryption: 'required' } });
    const { stack, secrets, make } = await withService({}, declaration);
    make();
    const { block, text } = synth(stack);
    const container = block('docker_container', 'sign-in/container') as { command: string[]; mounts: object[] };
    const directory = '/etc/token-service/encryption-keys';
    expect(container.command.join(' ')).toContain(`--encryption-keys ${directory}/encryption-keys`);
    const mount = { type: 'volume', source: 'todos-token-service-encryption-keys', target: directory, read_only: true };
    expect(container.mounts).toContainEqual(mount);
    const keys = keysInDirectory(join(secrets.path, 'encryption-keys'), { use: 'enc' });
    const [key] = readKeys(keys);
    expect(readEncryptionKeys(join(secrets.path, 'encryption-jwks.json'))).toEqual(publicKeySet([key!]).keys);
    expect(text).not.toContain(key!['d']);

    const { key: next } = await rotateKeys(keys);
    const files = secrets.encryptionKeys();
    expect(readEncryptionKeys(files.public.path).map(({ kid }) => kid)).toEqual([next.key.kid, key!.kid]);
    revokeKey(keys, key!.kid, { force: true });
    expect(readKeys(keysFromFile(secrets.encryptionKeys().decryption.path, { use: 'enc' }))).toEqual([next.key]);
    expect(statSync(files.decryption.path).mode & 0o777).toBe(0o600);
    rmSync(keys.place, { recursive: true });
    expect(refusal(() => secrets.encryptionKeys())).toMatchObject({ code: 'lost_secret' });
  });

  it('runs unprivileged, with its secrets in files', async () => {
    const { stack, secrets, make } = await withService({ lifetimes: { accessToken: 120 } });
    expect(make().url).toBe('http://127.0.0.1:8090/sign-in');
    const { block, text } = synth(stack);
    const container = block('docker_container', 'sign-in/container') as { command: string[]; env?: string[] };
    expect(container).toMatchObject({
      name: 'todos-token-service',
      image: 'token-service:1',
      user: '1000:1000',
      read_only: true,
      capabilities: { drop: ['ALL'] },
      security_opts: ['no-new-privileges:true'],
      memory: 256,
      cpu_quota: 100_000,
      healthcheck: {
        test: [
          'CMD',
          'node',
          '--eval',
          expect.stringContaining('fetch("http://127.0.0.1:8090/sign-in/jwks")') as string,
        ],
      },
      log_driver: 'json-file',
      ports: [{ internal: 8090, external: 8090, ip: '127.0.0.1' }],
      networks_advanced: [{ name: 'todos' }],
      mounts: ['keys', 'password', 'clients', 'declaration', 'root-certificate'].map((id) => ({
        source: `todos-token-service-${id}`,
        target: `/etc/token-service/${id}`,
        read_only: true,
      })),
    });
    // The database has room for its 10 connections beside those of one server.
    expect(block('docker_container', 'database/container')).toMatchObject({ memory: 320 + (11 + 10 + 4) * 136 });
    expect(container).not.toHaveProperty('env');
    expect(container).not.toHaveProperty('upload');
    expect(container.command.join(' ')).toBe(
      'token-service serve /etc/token-service/declaration/declaration.json --host todos-postgres --port 5432 ' +
        '--database todos --user todos_token_service --password-file /etc/token-service/password/password ' +
        '--sslmode verify-full --ssl-root-certificate /etc/token-service/root-certificate/root-certificate ' +
        '--keys-file /etc/token-service/keys/keys --clients /etc/token-service/clients/clients ' +
        '--listen 8090 --listen-host 0.0.0.0 --access-token-seconds 120 --sign-in-seconds 1209600 --trust-proxy',
    );
    for (const name of ['token-service-password', 'token-service-keys.json', 'token-service-clients.json']) {
      expect(statSync(join(secrets.path, name)).mode & 0o777, name).toBe(0o600);
    }
    expect(JSON.parse(fileOf(secrets, 'token-service-clients.json'))).toEqual([CLIENT]);
    for (const secret of [CLIENT.secret, fileOf(secrets, 'token-service-password')]) expect(text).not.toContain(secret);
  });

  it('sets up the database when the API is there, and again when what that depends on changes', async () => {
    const app = await newApp();
    const { stack, make } = await withService(
      { accountClaims: 'auth.claims', trustProxy: true },
      input(),
      Promise.resolve(app),
    );
    const service = make();
    const { block, dependencies } = synth(stack);
    expect(dependencies('terraform_data', 'sign-in/storage')).toContain('api/server/ready');
    expect(dependencies('docker_container', 'sign-in/keys/writer')).toEqual(['sign-in/storage']);
    const [{ 'local-exec': run }] = block('terraform_data', 'sign-in/storage')['provisioner'] as [
      { 'local-exec': { command: string } },
    ];
    expect(run.command).toMatch(
      / token-service setup assets\/sign-in\w*\/declaration\.json .*--user postgres .*--service-password-file \.\.\/\.\.\/\.\.\/secrets\/token-service-password --account-claims auth\.claims$/,
    );
    const { command } = block('docker_container', 'sign-in/container') as { command: string[] };
    expect(command.slice(-3)).toEqual(['--account-claims', 'auth.claims', '--trust-proxy']);
    expect(service.waitFor).not.toEqual([]);

    const triggers = async (props: Partial<TokenServiceProps>, declaration = input()) => {
      const other = await withService({ ...props, secrets: app.secrets }, declaration, newApp());
      other.make();
      return synth(other.stack).block('terraform_data', 'sign-in/storage')['triggers_replace'] as { sql: string };
    };
    const before = await triggers({ accountClaims: 'auth.claims' });
    expect(await triggers({})).not.toEqual(before);
    // What is inside of the database is none of the service's business.
    expect(await triggers({ accountClaims: 'auth.claims' }, input({ tables: [{ name: 'todos' }] }))).toEqual(before);
  });

  it('hands it a declaration that it can load, without what is inside of the database', async () => {
    const { app, stack, make, directory, declaration } = await withService({}, input({ tables: [{ name: 'todos' }] }));
    make();
    app.synth();
    const { block } = synth(stack);
    const [{ source }] = block('docker_container', 'sign-in/declaration/writer')['upload'] as [{ source: string }];
    const found = await loadDeclaration(join(directory, 'cdktf.out/stacks/stack', source));
    const { name, users, authenticator, owner, keys, schemas, privateSchema } = declaration;
    expect(found).toMatchObject({ name, authenticator, owner, keys, schemas, privateSchema, tables: [] });
    expect(found.users.map((role) => role.name)).toEqual(users.map((role) => role.name));
    expect(found.tokens.issuer).toBe('https://id.test/sign-in');
  });

  const writerOf = (app: Awaited<ReturnType<typeof withService>>) => {
    app.make();
    const { block } = synth(app.stack);
    const container = block('docker_container', 'sign-in/container');
    const [{ source_hash }] = block('docker_container', 'sign-in/keys/writer')['upload'] as [{ source_hash: string }];
    const { keys } = JSON.parse(fileOf(app.secrets, 'token-service-keys.json')) as { keys: { key: PrivateKey }[] };
    return { container, source_hash, kids: keys.map(({ key: { kid } }) => kid) };
  };

  it('hands it new keys without replacing it, and none that are revoked', async () => {
    const app = await newApp();
    const first = writerOf(await withService({}, input(), Promise.resolve(app)));
    const directory = app.secrets.keys as string;
    const { key } = await rotateKeys(directory);
    revokeKey(directory, app.key.kid, { force: true });
    const props = { secrets: app.secrets };
    const again = await newApp();
    const second = writerOf(await withService(props, input(), Promise.resolve(again)));
    expect(first.kids).toEqual([app.key.kid]);
    expect(second.kids).toEqual(expect.arrayContaining([key.key.kid, again.key.kid]));
    expect(second.kids).not.toContain(app.key.kid);
    expect(second.source_hash).not.toBe(first.source_hash);
    expect(second.container).toEqual(first.container);
  });

  it('has keys of another store', async () => {
    const app = await newApp();
    const [vault, elsewhere] = [join(app.directory, 'vault.json'), join(app.directory, 'elsewhere')];
    mkdirSync(elsewhere, { mode: 0o700 });
    addKey(elsewhere, app.key);
    writeFileSync(vault, exportKeys(elsewhere));
    const directory = join(app.directory, 'others');
    const secrets = new SecretsDirectory({ name: 'todos', directory, keys: keysFromFile(vault) });
    expect(writerOf(await withService({ secrets }, input(), Promise.resolve(app))).kids).toEqual([app.key.kid]);
  });

  it('does not sign with a key that the API was not given', async () => {
    const { secrets, make } = await withService();
    await rotateKeys(secrets.keys);
    expect(refusal(make).code).toBe('keys_changed');
  });

  it('has to be told of the proxy where there is one', async () => {
    const { declaration, database, api, stack, secrets } = await withService();
    const make = () =>
      new TokenService(stack, 'sign-in', { declaration, database, api, secrets, image: 'x:1', clients: [CLIENT] });
    expect(refusal(make).code).toBe('invalid_prop');
  });

  it.each([
    ['no issuer', {}, { tokens: {} }, 'invalid_prop'],
    ['an issuer that is no address', {}, { tokens: { issuer: 'here' } }, 'invalid_prop'],
    ['an issuer that nobody reaches safely', {}, { tokens: { issuer: 'http://id.test' } }, 'invalid_prop'],
    ['a lifetime that is none', { lifetimes: { signIn: 0.5 } }, {}, 'invalid_prop'],
    ['a function without a schema', { accountClaims: 'claims' }, {}, 'invalid_prop'],
    ['its own schema as one of the API', {}, { schemas: ['todos_tokens'] }, 'schema_not_exposable'],
    ['nobody to sign in', { clients: [] }, {}, 'invalid_prop'],
    ['two clients of one id', { clients: [CLIENT, CLIENT] }, {}, 'invalid_prop'],
    ['a client without an id', { clients: [{ ...CLIENT, id: '' }] }, {}, 'invalid_prop'],
    ['a client to which nobody returns', { clients: [{ ...CLIENT, redirectUris: [] }] }, {}, 'invalid_prop'],
    ['codes over http', { clients: [{ ...CLIENT, redirectUris: ['http://app.test/'] }] }, {}, 'invalid_prop'],
    ['codes to nowhere', { clients: [{ ...CLIENT, redirectUris: ['/signed-in'] }] }, {}, 'invalid_prop'],
    ['codes in a fragment', { clients: [{ ...CLIENT, redirectUris: ['https://app.test/#a'] }] }, {}, 'invalid_prop'],
    ['a return over http', { clients: [{ ...CLIENT, signedOutUris: ['http://app.test/'] }] }, {}, 'invalid_prop'],
    ['a secret that can be guessed', { clients: [{ ...CLIENT, secret: 'secret' }] }, {}, 'weak_secret'],
    ['a port that is none', { port: 0 }, {}, 'invalid_prop'],
    ['root', { user: '0:0' }, {}, 'invalid_prop'],
    ['a shared secret', {}, { keys: { generate: 'HS256' } }, 'unsupported_algorithm'],
  ] as const)('refuses %s', async (_, props, more, code) => {
    const { make } = await withService(props, input(more));
    expect(refusal(make).code).toBe(code);
  });
});
