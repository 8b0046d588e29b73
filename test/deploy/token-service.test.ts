import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oauth from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readManagedKeys } from '../../tokens/index.ts';
import { hashPassword } from '../../token-service/index.ts';
import { deployedPlaces } from '../support/deployed-places.ts';
import { changes, Deployment, docker, engineObjects, freePort } from '../support/deployment.ts';
import { tokenServiceImage } from '../support/images.ts';
import { lookInside } from '../support/inside.ts';
import { filesBelow, findSecrets, watchArguments } from '../support/secret-search.ts';
import { PASSWORD, REDIRECT, signIn } from '../support/token-service.ts';

const SERVICE = 'board-token-service';

let board: Deployment;
/** The address of the service behind the gateway, and its port on this machine. */
let issuer: string;
let port: number;
let client: oauth.Configuration;
/** The tokens of the last refresh: a refresh token is good once. */
let tokens: { access_token: string; refresh_token?: string | undefined };
/** Everything that lets somebody in, by name, and whatever else was said or stored. */
const secrets: Record<string, string> = {};
const places: Record<string, string | Buffer> = {};
const processes = watchArguments();

beforeAll(async () => {
  port = await freePort();
  board = await Deployment.of(
    'board',
    {
      TOKEN_SERVICE_IMAGE: tokenServiceImage,
      TOKEN_SERVICE_PORT: String(port),
      SIGNED_IN_URL: REDIRECT,
    },
    'examples/board/main.js',
  );
  issuer = `${board.url}/sign-in`;
  board.env['TOKEN_ISSUER'] = issuer;
  places['deploy log'] = (await board.deployWithCli({ TF_LOG: 'DEBUG' })).output;
});

afterAll(async () => {
  processes.stop();
  await board?.remove();
});

const keyDirectory = () => join(board.secrets, 'keys');

async function refresh(): Promise<typeof tokens> {
  tokens = await oauth.refreshTokenGrant(client, tokens.refresh_token!);
  secrets[`refresh token ${Object.keys(secrets).length}`] = tokens.refresh_token!;
  return tokens;
}

/** The messages that a token shows. */
async function messages(token: string): Promise<unknown> {
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch(`${board.url}/messages?select=body&order=id`, { headers });
  if (response.status !== 200) return [response.status, await response.text()];
  return ((await response.json()) as { body: string }[]).map(({ body }) => body);
}

/** Ids and starts: those of a container that was made or started again differ. */
const started = (...names: string[]) => docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', ...names);

it('a deploy ends when the service answers and is healthy, and says where', async () => {
  expect(docker('inspect', '--format', '{{.State.Health.Status}}', SERVICE)).toBe('healthy');
  expect(places['deploy log']).toContain(`token_service_url = ${issuer}`);
  client = await oauth.discovery(new URL(issuer), 'web', undefined, oauth.None(), {
    execute: [oauth.allowInsecureRequests],
  });
});

it('whoever signs in gets tokens that the API serves, and refreshes them', async () => {
  const hash = await hashPassword(PASSWORD);
  await board.sql(`
    INSERT INTO board_tokens.accounts (id, name, password_hash, role) VALUES ('ann-1', 'ann', '${hash}', 'board_member');
    INSERT INTO board_api.messages (author, body) VALUES ('ann-1', 'of ann'), ('bob-1', 'of bob')`);
  const first = await signIn(client);
  tokens = first;
  Object.assign(secrets, { password: PASSWORD, code: first.code, 'first refresh token': first.refresh_token });
  expect(await messages(first.access_token)).toEqual(['of ann']);
  expect(await messages((await refresh()).access_token)).toEqual(['of ann']);
});

it('a role that is changed in the database counts from the next refresh on', async () => {
  await board.sql(`UPDATE board_tokens.accounts SET role = 'board_moderator' WHERE name = 'ann'`);
  const { access_token } = await refresh();
  const { iat = 0, exp = 0, ...claims } = decodeJwt(access_token);
  expect(claims).toMatchObject({ role: 'board_moderator', iss: issuer, aud: 'board' });
  expect(exp - iat).toBe(600);
  expect(await messages(access_token)).toEqual(['of ann', 'of bob']);
});

it('keys rotate with a deploy, and nothing is started again', async () => {
  const before = tokens.access_token;
  const running = started(SERVICE, 'board-api-1');
  const rotated = await board.command(['keys', 'rotate', '--directory', keyDirectory(), '--json']);
  const [next] = JSON.parse(/^\[.*\]$/m.exec(rotated.output)![0]) as [{ kid: string }];
  await board.deploy();
  expect(started(SERVICE, 'board-api-1')).toBe(running);
  expect(decodeProtectedHeader((await refresh()).access_token).kid).toBe(next.kid);
  const all = ['of ann', 'of bob'];
  expect(await Promise.all([before, tokens.access_token].map(messages))).toEqual([all, all]);
});

it('says "No changes" when it is deployed again', async () => {
  const run = await board.deploy();
  expect(changes(run), run.output).toEqual({ 'board-database': 'no changes', 'board-api': 'no changes' });
});

describe('the container', () => {
  it('is as hard as the others', () => {
    const [{ HostConfig, Config, Mounts }] = JSON.parse(docker('inspect', SERVICE)) as [
      { HostConfig: object; Config: { User: string; Env: string[] }; Mounts: { Name: string; RW: boolean }[] },
    ];
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      Privileged: false,
      CapAdd: null,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Memory: 256 * 1024 * 1024,
      MemorySwap: 256 * 1024 * 1024,
      Binds: null,
      PortBindings: { '8090/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    });
    expect(Config.User).toBe('1000:1000');
    expect(Mounts.map(({ RW }) => RW)).toEqual(Array.from({ length: 5 }, () => false));
    const { processes: inside, writable, listening } = lookInside(SERVICE);
    expect([...new Set(inside.map(({ uids }) => uids.join()))]).toEqual(['1000,1000,1000,1000']);
    expect({ writable, listening }).toEqual({ writable: [], listening: [8090] });
  });

  it('has no more of the secrets than it needs', () => {
    const { keys } = JSON.parse(readFileSync(join(board.secrets, 'token-service-keys.json'), 'utf8')) as {
      keys: unknown[];
    };
    expect(keys).toHaveLength(2);
    expect(engineObjects('volume', 'board').filter((name) => name.startsWith(SERVICE))).toEqual([
      `${SERVICE}-clients`,
      `${SERVICE}-declaration`,
      `${SERVICE}-keys`,
      `${SERVICE}-password`,
      `${SERVICE}-root-certificate`,
    ]);
  });
});

describe('no secret leaves its files', () => {
  beforeAll(async () => {
    for (const { file, key } of readManagedKeys(keyDirectory())) secrets[`private key ${file}`] = String(key['d']);
    for (const name of ['admin-password', 'authenticator-password', 'token-service-password'])
      secrets[name] = readFileSync(join(board.secrets, name), 'utf8');
    Object.assign(places, await deployedPlaces(board, ['/.secrets/']));
    places['process arguments'] = processes.stop();
  });

  it('looks where it should', () => {
    const names = Object.keys(places);
    expect(names.filter((name) => name.endsWith('.tfstate')).length).toBeGreaterThanOrEqual(2);
    expect(String(places['plan of board-api'])).toContain(`${SERVICE}-keys`);
    expect(String(places[`docker logs ${SERVICE}`])).toContain(`${issuer} listens on`);
    expect(String(places['process arguments'])).toContain('--service-password-file');
    const own = filesBelow(join(board.directory, '.secrets'), []);
    const keys = Object.fromEntries(Object.entries(secrets).filter(([name]) => name.startsWith('private key')));
    expect(findSecrets(keys, own).filter((found) => found.endsWith('token-service-keys.json'))).toHaveLength(2);
  });

  it('finds nothing', () => expect(findSecrets(secrets, places)).toEqual([]));
});

it('leaves nothing behind when it is destroyed', async () => {
  await board.destroy();
  for (const kind of ['container', 'volume', 'network'] as const) expect(engineObjects(kind, 'board')).toEqual([]);
});
