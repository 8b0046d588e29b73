import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateKey, readManagedKeys, signToken, type PrivateKey } from '../../jwt/index.ts';
import { Deployment, root } from '../support/deployment.ts';
import { pollKeys, type Passing } from '../support/poll-keys.ts';

let todos: Deployment;

beforeAll(async () => {
  todos = await Deployment.of('todos', { API_SERVERS: '2' });
  await todos.deploy();
});
afterAll(() => todos.remove());

const directory = () => join(todos.secrets, 'keys');

/** Runs the command line as its users do. */
function keys(...args: string[]): { readonly kid: string; readonly state: string }[] {
  const command = ['--import', 'tsx', join(root, 'cli/main.ts'), 'keys', ...args, '--directory', directory(), '--json'];
  const { stdout, stderr, status } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as { kid: string; state: string }[];
}

const sign = (key: PrivateKey) => signToken(key, { role: 'todos_user', claims: { user_id: 1 }, expiresIn: 86_400 });
const tokenOf = (kid: string) => sign(readManagedKeys(directory()).find(({ key }) => key.kid === kid)!.key);

it('three rotations and a revocation: both servers answer every request as they should', async () => {
  const first = keys('list')[0]!.kid;
  const passing: Passing = { good: [await tokenOf(first)], bad: [await sign(await generateKey())] };
  const polling = pollKeys([todos.url, `http://127.0.0.1:${todos.apiPort + 1}`], passing, {
    clients: 6,
    atLeast: 20_000,
  });
  let inUse = first;
  for (let rotation = 1; rotation <= 3; rotation++) {
    const next = keys('generate')[0]!.kid;
    await todos.deploy();
    const rotated = keys('rotate').map(({ kid, state }) => [kid, state]);
    expect(rotated).toEqual([
      [next, 'in_use'],
      [inUse, 'previously_used'],
    ]);
    passing.good.push(await tokenOf(next));
    inUse = next;
  }
  expect(() => keys('revoke', '--kid', first)).toThrow('[key_in_use]');
  keys('revoke', '--kid', first, '--force');
  // Until the servers have read the keys it may pass or not.
  const stolen = passing.good.shift()!;
  await todos.deploy();
  passing.bad.push(stolen);

  const { requests, wrong } = await polling.end();
  expect(wrong).toEqual([]);
  expect(requests.good).toBeGreaterThan(15_000);
  expect(requests.bad).toBeGreaterThan(1000);
  console.log(
    `${requests.good} requests with good tokens and ${requests.bad} with others were answered as they should`,
  );
});
