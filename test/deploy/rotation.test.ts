import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateKey, readManagedKeys, signToken, type PrivateKey } from '../../tokens/index.ts';
import { withClient } from '../../postgres/with-client.ts';
import { Deployment } from '../support/deployment.ts';
import { FULL_TESTS } from '../support/fuzz.ts';
import { pollKeys, type Passing } from '../support/poll-keys.ts';

let todos: Deployment;
/** How many requests clients send at least while keys rotate. */
const REQUESTS = FULL_TESTS ? 20_000 : 4000;
/** How long a client waits after each answer, in milliseconds. */
const pauseMs = FULL_TESTS ? 15 : 60;

beforeAll(async () => {
  todos = await Deployment.of('todos', { API_SERVERS: '2' });
  // Connections of a second, so that the servers open new ones all the time.
  const server = "server: { settings: { 'db-pool-max-lifetime': '1' } },";
  todos.edit('declaration.ts', (text) => text.replace("name: 'todos',", `name: 'todos',\n  ${server}`));
  await todos.deploy();
});
afterAll(() => todos.remove());

const directory = () => join(todos.secrets, 'keys');

/** Runs the command line as its users do, while the clients go on. */
async function run(...args: string[]): Promise<string> {
  const { status, output } = await todos.command(args);
  if (status !== 0) throw new Error(output);
  return output;
}

interface Key {
  readonly kid: string;
  readonly state: string;
  readonly algorithm: string;
}

async function keys(...args: string[]): Promise<Key[]> {
  return JSON.parse(await run('keys', ...args, '--directory', directory(), '--json')) as Key[];
}

const password = (step: string) => run('password', step, '--directory', todos.secrets);

/** How many connections there were to the database since it is there. */
async function sessionsSoFar(): Promise<number> {
  const [row] = await todos.sql<{ sessions: string }>(
    'SELECT sessions FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(row!.sessions);
}

/** What the servers sign in with. */
function login(): { user: string; password: string } {
  const text = readFileSync(join(todos.secrets, 'database-login'), 'utf8');
  const [, user = '', password = ''] = /user=(.*)\npassword=(.*)\n/.exec(text)!;
  return { user, password };
}

const servers = () => [todos.url, `http://127.0.0.1:${todos.apiPort + 1}`];

const sign = (key: PrivateKey) => signToken(key, { role: 'todos_user', claims: { user_id: 1 }, expiresIn: 86_400 });
const tokenOf = (kid: string) => sign(readManagedKeys(directory()).find(({ key }) => key.kid === kid)!.key);

it('three rotations and a revocation: both servers answer every request as they should', async () => {
  const first = (await keys('list'))[0]!.kid;
  const passing: Passing = { good: [await tokenOf(first)], bad: [await sign(await generateKey())] };
  const polling = pollKeys(servers(), passing, { clients: 6, atLeast: REQUESTS, pauseMs });
  let inUse = first;
  for (let rotation = 1; rotation <= 3; rotation++) {
    const next = (await keys('generate'))[0]!.kid;
    await todos.deploy();
    const rotated = (await keys('rotate')).map(({ kid, state }) => [kid, state]);
    expect(rotated).toEqual([
      [next, 'in_use'],
      [inUse, 'previously_used'],
    ]);
    passing.good.push(await tokenOf(next));
    inUse = next;
  }
  await expect(keys('revoke', '--kid', first)).rejects.toThrow('[key_in_use]');
  await keys('revoke', '--kid', first, '--force');
  // Until the deploy has ended it may pass or not.
  const stolen = passing.good.shift()!;
  await todos.deploy();
  passing.bad.push(stolen);

  const { requests, wrong } = await polling.end();
  expect(wrong).toEqual([]);
  expect(requests.good).toBeGreaterThan(REQUESTS * 0.75);
  expect(requests.bad).toBeGreaterThan(REQUESTS * 0.05);
  console.log(
    `${requests.good} requests with good tokens and ${requests.bad} with others were answered as they should`,
  );
});

it('the same with HS256', async () => {
  todos.edit('declaration.ts', (text) =>
    text.replace("name: 'todos',", "name: 'todos',\n  keys: { generate: 'HS256' },"),
  );
  // The deploy makes the first secret; tokens of the key pairs still pass.
  await todos.deploy();
  const listed = await keys('list');
  const first = listed.find(({ algorithm }) => algorithm === 'HS256')!.kid;
  const pair = listed.find(({ algorithm, state }) => algorithm === 'ES256' && state === 'in_use')!.kid;
  const passing: Passing = {
    good: [await tokenOf(first), await tokenOf(pair)],
    bad: [await sign(await generateKey('HS256'))],
  };
  const polling = pollKeys(servers(), passing, { clients: 6, atLeast: 1000, pauseMs });
  const next = (await keys('generate', '--algorithm', 'HS256'))[0]!.kid;
  await todos.deploy();
  passing.good.push(await tokenOf(next));
  await keys('rotate', '--algorithm', 'HS256');
  await keys('revoke', '--kid', first, '--force');
  const stolen = passing.good.shift()!;
  await todos.deploy();
  passing.bad.push(stolen);
  const { requests, wrong } = await polling.end();
  expect(wrong).toEqual([]);
  console.log(`HS256: ${requests.good} requests with good tokens and ${requests.bad} with others`);
});

it('three passwords of the authenticator, and none that is over is good', async () => {
  const inUse = (await keys('list')).find(({ state }) => state === 'in_use')!.kid;
  const passing: Passing = { good: [await tokenOf(inUse)], bad: ['none'] };
  const polling = pollKeys(servers(), passing, { clients: 6, atLeast: REQUESTS / 4 });
  const sessions = await sessionsSoFar();
  const logins: string[] = [];
  const before: { user: string; password: string }[] = [];
  for (let rotation = 1; rotation <= 3; rotation++) {
    before.push(login());
    await password('rotate');
    await expect(password('rotate')).rejects.toThrow('[password_not_deployed]');
    await todos.deploy();
    logins.push(login().user);
  }
  const { requests, wrong } = await polling.end();
  expect(wrong).toEqual([]);
  // The rotations were met by new connections, not by luck.
  expect((await sessionsSoFar()) - sessions).toBeGreaterThan(200);
  expect(logins).toEqual(['todos_authenticator_2', 'todos_authenticator', 'todos_authenticator_2']);
  await withClient({ ...todos.admin, ...login() }, (client) => client.query('SET ROLE todos_user'));
  for (const over of before) {
    await expect(withClient({ ...todos.admin, ...over }, () => Promise.resolve())).rejects.toThrow(
      'password authentication failed',
    );
  }
  expect(await todos.pending()).toEqual([]);
  console.log(`passwords: ${requests.good} requests with good tokens and ${requests.bad} with others`);
});
