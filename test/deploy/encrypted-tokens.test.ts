import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isNamed } from '../../constructs/docker/is-named.ts';
import { encryptToken, keysInDirectory, readKeys } from '../../tokens/index.ts';
import { deployedPlaces } from '../support/deployed-places.ts';
import { changes, Deployment, engineObjects, freePort } from '../support/deployment.ts';
import { FULL_TESTS } from '../support/fuzz.ts';
import { nginxImage, tokenServiceImage } from '../support/images.ts';
import { notes } from '../support/notes.ts';
import { findSecrets } from '../support/secret-search.ts';

const NO_CHANGES = { 'sealed-database': 'no changes', 'sealed-access': 'no changes', 'sealed-api': 'no changes' };

/** How many requests are sent at least while something changes, and by how many clients at a time. */
const [REQUESTS, CLIENTS] = FULL_TESTS ? [20_000, 8] : [1000, 2];

let sealed: Deployment;
let url: string;
let setOpener: (options: object) => void;

beforeAll(async () => {
  sealed = await Deployment.declaring(notes('sealed', { tokens: { encryption: 'required' } }));
  const [port, statusPort] = [await freePort(), await freePort()];
  url = `http://127.0.0.1:${port}`;
  setOpener = (options) => {
    sealed.env['GATEWAY_OPTIONS'] = JSON.stringify({
      image: nginxImage,
      port,
      statusPort,
      limits: { requestsPerSecondPerAddress: 100_000, requestsPerSecondPerToken: 100_000 },
      tokenOpener: { image: tokenServiceImage, ...options },
    });
  };
  setOpener({});
  await sealed.deploy();
});

afterAll(() => sealed?.remove());

const directory = () => join(sealed.secrets, 'encryption-keys');
/** The key that issuers encrypt to now. */
const keyInUse = () => readKeys(keysInDirectory(directory(), { use: 'enc' }))[0]!;
const signed = () => sealed.tokenFor('sealed_user', { user_id: 1 });
const encrypted = async (key = keyInUse()) => encryptToken(await signed(), key);

async function statusOf(token?: string): Promise<number> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/notes?select=body`, { headers });
  await response.text();
  return response.status;
}

/**
 * How requests with tokens for the present key are answered while something is done, and until there are enough. Each client takes a
 * new token after ten requests.
 */
async function during(work: Promise<unknown>): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = {};
  let [isDone, count] = [false, 0];
  const client = async () => {
    while (!isDone || count < REQUESTS) {
      const token = await encrypted();
      for (let n = 0; n < 10; n++, count++) {
        const outcome = await statusOf(token).catch((error: Error) => error.message);
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  await work.finally(() => (isDone = true));
  await Promise.all(clients);
  return outcomes;
}

const keys = async (...args: string[]) => {
  const run = await sealed.command(['keys', ...args, '--use', 'enc', '--directory', directory()]);
  expect(run.status, run.output).toBe(0);
};

describe('a deploy with required encryption', () => {
  it('serves encrypted tokens, and no others', async () => {
    expect(await statusOf(await encrypted())).toBe(200);
    expect(await statusOf(await signed())).toBe(401);
    expect(await statusOf('a.b.c.d.e')).toBe(401);
    expect(await statusOf()).toBe(401);
  });

  it('is deployed again without changes', async () => {
    expect(changes(await sealed.deploy())).toEqual(NO_CHANGES);
  });

  it('takes a new key without a failed request, and serves the previous one until it is revoked', async () => {
    const previous = keyInUse();
    await keys('generate');
    const outcomes = [await during(sealed.deploy())];
    await keys('rotate');
    expect(keyInUse().kid).not.toBe(previous.kid);
    outcomes.push(await during(sealed.deploy()));
    console.info(`while an encryption key was rotated: ${JSON.stringify(outcomes)}`);
    expect(outcomes.flatMap(Object.keys)).toEqual(['200', '200']);
    expect(await statusOf(await encrypted(previous))).toBe(200);
    await keys('revoke', '--kid', previous.kid, '--force');
    await sealed.deploy();
    await expect.poll(async () => statusOf(await encrypted(previous)), { timeout: 30_000 }).toBe(401);
    expect(await statusOf(await encrypted())).toBe(200);
  });

  it('has another opener answer before the one before ends', async () => {
    const opener = () => engineObjects('container', 'sealed').filter((name) => isNamed('sealed-token-opener', name));
    const before = opener();
    setOpener({ cpus: 0.9 });
    const outcomes = await during(sealed.deploy());
    console.info(`while the opener was replaced: ${JSON.stringify(outcomes)}`);
    expect(Object.keys(outcomes)).toEqual(['200']);
    expect(opener()).toHaveLength(1);
    expect(opener()).not.toEqual(before);
  });

  it('has its keys and tokens in no other place than the volume', async () => {
    const key = keyInUse();
    const token = await encrypted();
    expect(await statusOf(token)).toBe(200);
    const places = await deployedPlaces(sealed, ['/.secrets/']);
    expect(findSecrets({ key: String(key.d), token, signed: await signed() }, places)).toEqual([]);
  });

  it('leaves nothing behind when it is destroyed', async () => {
    await sealed.destroy();
    for (const kind of ['container', 'volume', 'network'] as const) expect(engineObjects(kind, 'sealed')).toEqual([]);
  });
});
