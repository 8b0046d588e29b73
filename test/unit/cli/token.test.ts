import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateKey, publicKeySet, writeKey, type PrivateKey } from '../../../tokens/index.ts';
import { compiled } from '../../support/compiled.ts';
import { notesInput } from '../../support/notes.ts';
import { run } from '../../support/run-cli.ts';

let directory: string;
let key: PrivateKey;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'keys-'));
  key = await generateKey();
  writeKey(directory, await generateKey('HS256'), new Date(0));
  writeKey(directory, key);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const mint = (...args: string[]) => run('token', 'mint', '--directory', directory, '--role', 'todo_user', ...args);
const verify = (token: string) => jwtVerify(token.trim(), createLocalJWKSet(publicKeySet([key]) as JSONWebKeySet));

it('prints a token of an hour, signed with the newest key', async () => {
  const { code, stdout, stderr } = await mint();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { payload, protectedHeader } = await verify(stdout);
  expect(protectedHeader.kid).toBe(key.kid);
  const { iat = 0, jti } = payload;
  expect(payload).toEqual({ role: 'todo_user', iat, jti, exp: iat + 3600 });
  expect(jti).toMatch(/^[0-9a-f-]{36}$/);
});

it('takes claims as JSON or text', async () => {
  const claims = ['user_id=7', 'name=Ada', 'id="7"', 'ids=[1,2]', 'note=a=b', 'empty='];
  const options = ['--audience', 'todos', '--issuer', 'me', '--subject', 'ada', '--expires-in', '60'];
  const { stdout } = await mint(...claims.flatMap((claim) => ['--claim', claim]), ...options);
  const { payload } = await verify(stdout);
  expect(payload).toEqual({
    ...{ role: 'todo_user', aud: 'todos', iss: 'me', sub: 'ada', iat: payload.iat, exp: (payload.iat ?? 0) + 60 },
    jti: payload.jti,
    ...{ user_id: 7, name: 'Ada', id: '7', ids: [1, 2], note: 'a=b', empty: '' },
  });
});

it('takes registered claims as --claim too', async () => {
  const claims = ['sub=ada', 'iss=me', 'aud=["a","b"]', 'jti=one', 'iat=1000', 'nbf=1001', 'exp=4000000000'];
  const { stdout, stderr } = await mint(...[...claims, 'role=todo_user'].flatMap((claim) => ['--claim', claim]));
  expect(stderr).toBe('');
  const registered = { sub: 'ada', iss: 'me', aud: ['a', 'b'], jti: 'one', iat: 1000, nbf: 1001, exp: 4_000_000_000 };
  expect((await verify(stdout)).payload).toEqual({ ...registered, role: 'todo_user' });
});

it.each([
  [
    'another role in a claim',
    ['--claim', 'role=postgres'],
    /claims\.role: "postgres" is not "todo_user".*\[invalid_token_claim\]/,
  ],
  ['a subject that is a number', ['--claim', 'sub=7'], /claims\.sub: 7 cannot be .*\[invalid_token_claim\]/],
  ['an expiry that is a text', ['--claim', 'exp=soon'], /claims\.exp: "soon" cannot be .*\[invalid_token_claim\]/],
  [
    'a subject twice',
    ['--claim', 'sub=a', '--subject', 'b'],
    /claims\.sub: --claim sub=\.\.\. and --subject both set it/,
  ],
  [
    'an expiry twice',
    ['--claim', 'exp=4000000000', '--expires-in', '60'],
    /--claim exp=\.\.\. and --expires-in both set it/,
  ],
  [
    'a lifetime that is no number',
    ['--expires-in', 'soon'],
    /'soon' is invalid. write whole seconds, .*\[invalid_usage\]/,
  ],
  ['a claim without a value', ['--claim', 'user_id'], /name=value/],
  ['a claim twice', ['--claim', 'a=1', '--claim', 'a=2'], /twice/],
  ['a number that would be rounded', ['--claim', 'id=12345678901234567890'], /too large/],
])('refuses %s', async (_, args, message) => {
  const { code, stdout, stderr } = await mint(...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(message);
});

it('refuses a directory without keys', async () => {
  rmSync(directory, { recursive: true });
  expect((await mint()).stderr).toMatch(/\[unreadable_key\]/);
});

describe('token verify', () => {
  const declaration = 'examples/todos/declaration.ts';
  const verifyWith = (token: string, ...args: string[]) =>
    run('token', 'verify', declaration, token.trim(), '--directory', directory, ...args);

  it('says as what a good token is served', async () => {
    const { stdout } = await run('token', 'mint', '--directory', directory, '--role', 'todos_user');
    const { code, stdout: said } = await verifyWith(`Bearer ${stdout}`);
    expect({ code, said: said.split('\n')[0] }).toEqual({
      code: 0,
      said: 'good: requests with it are served as todos_user',
    });
  });

  it.each([
    ['lacks', [], 'but its claim "user_id" is missing: ', '[missing_claim]'],
    [
      'has, in another type,',
      ['--claim', 'user_id=abc'],
      'but its claim "user_id" is "abc", which is no int: ',
      '[invalid_claim]',
    ],
  ])('says what happens with a token that %s a claim of the policies', async (_, options, beginning, end) => {
    const { stdout } = await run('token', 'mint', '--directory', directory, '--role', 'todos_user', ...options);
    const { code, stdout: said } = await verifyWith(stdout);
    const [good, but, ...rest] = said.trim().split('\n');
    expect({ code, good, rest }).toEqual({
      code: 0,
      good: 'good: requests with it are served as todos_user',
      rest: [],
    });
    expect(but!.startsWith(beginning), but).toBe(true);
    expect(but!.endsWith(end), but).toBe(true);
    expect(but).toContain('the own-rows policy of api.todos matches no row');
  });

  it('has no more to say of a token whose claims fit', async () => {
    const { stdout } = await mint('--role', 'todos_user', '--claim', 'user_id=1');
    const { stdout: said } = await verifyWith(stdout, '--json');
    expect(JSON.parse(said)).toEqual({ role: 'todos_user', problems: [], warnings: [] });
  });

  it('says that it does not check revocation where the declaration has it', async () => {
    const revoking = join(directory, 'declaration.json');
    const input = notesInput('revoking', { tokens: { revocation: { subject: 'user_id' } } });
    writeFileSync(revoking, JSON.stringify(input));
    const verifyRevoking = (token: string) => run('token', 'verify', revoking, token, '--directory', directory);
    const { stdout } = await mint('--role', 'revoking_user', '--claim', 'user_id=1');
    const { code, stdout: said } = await verifyRevoking(stdout.trim());
    expect({ code, said: said.trim().split('\n') }).toEqual({
      code: 0,
      said: [
        'good: requests with it are served as revoking_user',
        'not checked: if the token is revoked, which only the database knows',
      ],
    });
    const other = await mint('--role', 'nobody', '--claim', 'user_id=1');
    expect((await verifyRevoking(other.stdout.trim())).stdout).not.toContain('not checked');
  });

  it("says every reason against another, at a moment of one's choice", async () => {
    const { stdout } = await mint('--expires-in', '60');
    const { code, stdout: said } = await verifyWith(stdout, '--at', '2126-01-01T00:00:00Z', '--json');
    expect(code).toBe(2);
    const { role, problems } = JSON.parse(said) as { role?: string; problems: { code: string }[] };
    expect(role).toBeUndefined();
    expect(problems.map((problem) => problem.code)).toEqual(['expired', 'unknown_role']);
  });

  it('finds generated keys where a deploy keeps them', async () => {
    const { stdout } = await run('token', 'mint', '--directory', directory, '--role', 'todos_user');
    const home = mkdtempSync(join(tmpdir(), 'deployed-'));
    try {
      mkdirSync(join(home, '.secrets/todos'), { recursive: true, mode: 0o700 });
      cpSync(directory, join(home, '.secrets/todos/keys'), { recursive: true });
      const { status, stdout: said } = spawnSync(
        process.execPath,
        [compiled('cli/main.js'), 'token', 'verify', resolve(declaration), stdout.trim()],
        { cwd: home, encoding: 'utf8' },
      );
      expect({ status, said: said.split('\n')[0] }).toEqual({
        status: 0,
        said: 'good: requests with it are served as todos_user',
      });
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  it('names an empty token', async () => {
    expect((await verifyWith('')).stderr).toMatch(/^secured-postgrest: token: it is empty; .*\[unreadable_token\]/);
  });

  it('wants the keys where they are generated ones, and a time that is one', async () => {
    expect((await run('token', 'verify', declaration, 'a.b.c')).stderr).toMatch(
      /--directory: there is no \.secrets\/todos\/keys, where a deploy keeps them; .*\[unreadable_key\]/,
    );
    expect((await verifyWith('a.b.c', '--at', 'noon')).stderr).toMatch(/2027-01-31T12:00:00Z/);
  });
});

describe('token mint --declaration', () => {
  const mintFor = (tokens: object, ...args: string[]) => {
    const file = join(directory, '..', `declaration-${process.pid}.json`);
    writeFileSync(file, JSON.stringify({ name: 'notes', schemas: ['api'], roles: { users: ['writer'] }, tokens }));
    return run('token', 'mint', '--directory', directory, '--declaration', file, ...args).finally(() => rmSync(file));
  };

  it('fills in the issuer and audience that are declared', async () => {
    const { stdout, stderr } = await mintFor({ issuer: 'https://id.example', audience: 'notes' }, '--role', 'writer');
    expect(stderr).toBe('');
    expect((await verify(stdout)).payload).toMatchObject({ iss: 'https://id.example', aud: 'notes', role: 'writer' });
  });

  it.each([
    ['another role', {}, ['--role', 'writr'], 'did you mean "writer"?'],
    ['another issuer', { issuer: 'me' }, ['--role', 'writer', '--issuer', 'you'], 'its issuer is "you", not "me"'],
    ['no required claim', { requiredClaims: ['sub'] }, ['--role', 'writer'], 'the claim "sub" is missing'],
  ])('rejects a token with %s', async (_, tokens, args, problem) => {
    const { code, stdout, stderr } = await mintFor(tokens, ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(problem);
  });
});

describe('token inspect', () => {
  it('prints what a token says', async () => {
    const { stdout } = await mint('--claim', 'user_id=7');
    const printed = await run('token', 'inspect', stdout.trim());
    const { claims, times } = JSON.parse(printed.stdout) as {
      claims: Record<string, unknown>;
      times: Record<string, string>;
    };
    expect(claims).toMatchObject({ role: 'todo_user', user_id: 7 });
    expect(times['exp']).toBe(new Date(Number(claims['exp']) * 1000).toISOString());
  });

  it('refuses what is none', async () => {
    expect((await run('token', 'inspect', 'Bearer')).stderr).toMatch(/\[unreadable_token\]/);
  });
});

it('verify does not repeat a token that stands in the place of the declaration', async () => {
  const token = 'eyJhbGciOiJFUzI1NiJ9.eyJyb2xlIjoidG9kb3NfdXNlciJ9.c2VjcmV0';
  const { code, stdout, stderr } = await run('token', 'verify', token);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/token verify: a token stands in the place of the declaration; .*\[invalid_declaration\]\n$/);
  expect(stderr).not.toContain('eyJ');
});
