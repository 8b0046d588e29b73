import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Declaration, DeclarationInput, Provider } from '../../declaration/index.ts';
import { startEphemeralPostgrest } from '../../testing/index.ts';
import { generateKey, publicKeySet, type PrivateKey } from '../../tokens/index.ts';
import { behindProvider, roles } from '../support/behind-provider.ts';
import { catalogs } from '../support/catalogs.ts';
import { changes, Deployment, engineObjects, runningServers, touched, type Run } from '../support/deployment.ts';
import { nginxImage } from '../support/images.ts';
import { AUDIENCE, LocalProvider } from '../support/local-provider.ts';
import { ask, pollDuring } from '../support/poll.ts';

const users = [roles.admin, roles.user];
const NO_CHANGES = { 'shop-database': 'no changes', 'shop-access': 'no changes', 'shop-api': 'no changes' };

let first: PrivateKey;
let second: PrivateKey;
let provider: LocalProvider;
let trusted: Provider;
let shop: Deployment;

beforeAll(async () => {
  [first, second] = [await generateKey('RS256'), await generateKey('RS256')];
  provider = await LocalProvider.start([first], {
    ann: { groups: ['boss'] },
    bob: { groups: ['member'] },
    eve: { groups: ['stranger', roles.admin, 'shop_owner', 'postgres'] },
    mallory: { role: roles.admin },
    max: { groups: ['member'], role: roles.admin },
  });
  trusted = {
    issuer: provider.issuer,
    audience: AUDIENCE,
    roles: { claim: 'groups', map: { [roles.admin]: 'boss', [roles.user]: 'member' } },
  };
  shop = await Deployment.declaring(withoutAnonymous({}));
  // The clients of these tests are quicker than one address may be.
  const limits = { requestsPerSecondPerAddress: 100_000, requestsPerSecondPerToken: 100_000 };
  const gateway = { image: nginxImage, port: shop.apiPort, statusPort: shop.statusPort, limits };
  shop.env['GATEWAY_OPTIONS'] = JSON.stringify(gateway);
});

afterAll(async () => {
  await shop.remove();
  await provider.stop();
});

/** Requests arrive as a role without any grant. */
function withoutAnonymous(more: Partial<DeclarationInput>): Declaration {
  return behindProvider(trusted, { roles: { users }, functions: [{ name: 'whoami', execute: users }], ...more });
}

const accessToken = async (user: string, audience?: string) =>
  (await provider.signIn(user, audience)).tokens.access_token;

async function get(path: string, token?: string): Promise<unknown> {
  const answer = await ask({ name: path, url: shop.url + path, ...(token !== undefined && { token }) });
  const [status, body] = [answer.slice(0, 3), answer.slice(4)];
  return status === '200'
    ? (JSON.parse(body) as unknown)
    : [status, (JSON.parse(body) as { details: unknown }).details];
}

const orders = (token?: string) => get('/orders?select=id&order=id', token);
const rows = (...ids: number[]) => ids.map((id) => ({ id }));
const refused = (details: string | null) => ['401', details];
const noRole = refused('the token names no role of this API');

/** Until the servers have read the keys: where all of them are the provider's, the deploy cannot wait for that. */
const eventually = (token: string) => expect.poll(() => orders(token), { timeout: 20_000 });

/** A deploy that changes nothing but keys: the servers that ran run on, and the token is good all the time. */
async function deployKeys(token: string): Promise<Run> {
  const before = runningServers('shop');
  const probe = { name: 'orders', url: `${shop.url}/orders?select=id&order=id`, token };
  const { result, answers } = await pollDuring([probe], shop.deploy());
  expect([...answers.get('orders')!.keys()]).toEqual([`200 ${JSON.stringify(await orders(token))}`]);
  expect(runningServers('shop')).toEqual(before);
  return result;
}

it('nothing is deployed where the provider has never answered', async () => {
  await provider.stop();
  const { status, output } = await shop.tryDeploy();
  await provider.resume();
  expect(status).not.toBe(0);
  expect(output).toContain(`${provider.issuer}/.well-known/openid-configuration: no answer`);
  expect(output).toContain('[provider_unreachable]');
  expect(engineObjects('container', 'shop')).toEqual([]);
});

it('its tokens have the roles that they are mapped to, and see the rows of these', async () => {
  await shop.deploy();
  expect(await orders(await accessToken('ann'))).toEqual(rows(1, 2, 3));
  const bob = await accessToken('bob');
  expect(await orders(bob)).toEqual(rows(2));
  expect(await get('/rpc/whoami', bob)).toMatchObject({ role: roles.user, claim: roles.user });
});

it('others are refused', async () => {
  expect(await orders()).toEqual(refused('a token is needed'));
  // Names of the database's roles are none of the provider's.
  expect(await orders(await accessToken('eve'))).toEqual(noRole);
  expect(await orders(await accessToken('ann', 'https://other.example.com'))).toEqual(
    refused('the token is for another audience'),
  );
  const other = await LocalProvider.start([first], { ann: { groups: ['boss'] } });
  expect(await orders((await other.signIn('ann')).tokens.access_token)).toEqual(
    refused('the token is from another issuer'),
  );
  await other.stop();
});

it('the claim by which PostgREST itself knows roles gains nothing', async () => {
  expect(await orders(await accessToken('mallory'))).toEqual(noRole);
  expect(await get('/rpc/whoami', await accessToken('max'))).toMatchObject({ role: roles.user });
});

it('has the same catalogs as an embedded environment', async () => {
  await using embedded = await startEphemeralPostgrest(
    withoutAnonymous({ keys: { provider: { ...trusted, jwks: publicKeySet([first]) } } }),
  );
  const deployed = await catalogs(shop);
  expect(deployed).toEqual(await catalogs(embedded));
  expect(deployed).toContainEqual(expect.objectContaining({ rolname: 'shop_arrival', rolcanlogin: false }));
});

it('where the provider does not answer, a deploy says so and changes nothing', async () => {
  const bob = await accessToken('bob');
  await provider.stop();
  const run = await deployKeys(bob);
  await provider.resume();
  expect(run.output).toContain('going on with the keys that were fetched at');
  expect(changes(run)).toEqual(NO_CHANGES);
});

it('new keys are trusted with a deploy, and removed ones are not, without a restart', async () => {
  const old = await accessToken('bob');
  provider.use([second, first]);
  const next = await accessToken('bob');
  expect(await orders(next)).toEqual(refused(null));
  expect(touched(await deployKeys(old))).toEqual([
    'docker_container.api_keys_volume_writer',
    'terraform_data.api_server_ready-start-first',
  ]);
  await eventually(next).toEqual(rows(2));
  expect(await orders(old)).toEqual(rows(2));

  provider.use([second]);
  await deployKeys(next);
  await eventually(old).toEqual(refused(null));
  expect(await orders(next)).toEqual(rows(2));
  expect(changes(await shop.deploy())).toEqual(NO_CHANGES);
});

it('with own keys, a default role and an anonymous one', async () => {
  const withDefault = { ...trusted.roles, defaultRole: roles.user };
  const declaration = behindProvider(trusted, {
    keys: { provider: { ...trusted, roles: withDefault }, additionalKeys: { generate: 'ES256' } },
    tokens: { issuer: 'own', audience: 'jobs' },
  });
  shop.declare(declaration);
  await shop.deploy();
  const job = (claims: Record<string, unknown>, audience = 'jobs') =>
    shop.tokenFor(roles.admin, claims, { issuer: 'own', audience, subject: 'bob' });
  expect(await orders(await job({ groups: ['boss'] }))).toEqual(rows(1, 2, 3));
  expect(await orders(await job({}))).toEqual(rows(2));
  expect(await orders(await job({}, AUDIENCE))).toEqual(refused('the token is for another audience'));
  expect(await orders(await accessToken('ann'))).toEqual(rows(1, 2, 3));
  for (const user of ['eve', 'mallory'])
    expect(await get('/rpc/whoami', await accessToken(user))).toMatchObject({ role: roles.user });
  expect(await get('/rpc/whoami')).toMatchObject({ role: 'shop_anon' });
  expect(await shop.sql(`SELECT FROM pg_roles WHERE rolname = 'shop_arrival'`)).toEqual([]);

  await using embedded = await startEphemeralPostgrest(declaration);
  expect(await catalogs(shop)).toEqual(await catalogs(embedded));
});

it('leaves nothing behind when it is destroyed, whether the provider answers or not', async () => {
  await provider.stop();
  await shop.destroy();
  for (const kind of ['container', 'volume', 'network'] as const) expect(engineObjects(kind, 'shop')).toEqual([]);
  await provider.resume();
});
