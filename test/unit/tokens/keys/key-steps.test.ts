import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addKey,
  generateKey,
  loadSigningKey,
  loadVerificationKeys,
  readKeys,
  readManagedKeys,
  removeKey,
  revokeKey,
  rotateKeys,
  safeToRevoke,
  undoKeyStep,
  writeKey,
  type PrivateKey,
} from '../../../../tokens/index.ts';

let parent: string;
let directory: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'keys-'));
  directory = join(parent, 'keys');
});
afterEach(() => rmSync(parent, { recursive: true }));

const make = async () => addKey(directory, await generateKey()).key;
const states = () => Object.fromEntries(readManagedKeys(directory).map(({ key, state }) => [key.kid, state]));
const signsWith = () => loadSigningKey({ generate: 'ES256' }, directory)?.kid;
const trusted = () => loadVerificationKeys({ generate: 'ES256' }, directory).keys.map((key) => key['kid']);
const refusal = (code: string) => expect.objectContaining({ code }) as Error;

describe('a key', () => {
  it('goes from standby to in use, previously used and revoked, and all the way back', async () => {
    const first = await make();
    expect(states()).toEqual({ [first.kid]: 'in_use' });
    const second = await make();
    const steps = [{ [first.kid]: 'in_use', [second.kid]: 'standby' }];
    expect(states()).toEqual(steps[0]);
    expect([signsWith(), trusted().length]).toEqual([first.kid, 2]);

    const { key, previous, isNew } = await rotateKeys(directory);
    expect([key.key.kid, previous.key.kid, isNew]).toEqual([second.kid, first.kid, false]);
    steps.push({ [first.kid]: 'previously_used', [second.kid]: 'in_use' });
    expect(states()).toEqual(steps[1]);
    expect([signsWith(), trusted().length]).toEqual([second.kid, 2]);

    revokeKey(directory, first.kid, { force: true });
    expect(states()).toEqual({ [first.kid]: 'revoked', [second.kid]: 'in_use' });
    expect(trusted()).toEqual([second.kid]);

    for (const step of steps.reverse()) {
      undoKeyStep(directory);
      expect(states()).toEqual(step);
    }
    expect([signsWith(), trusted().length]).toEqual([first.kid, 2]);
    // What a step has brought is not trusted without it.
    undoKeyStep(directory);
    expect(states()).toEqual({ [first.kid]: 'in_use', [second.kid]: 'revoked' });
    expect(() => undoKeyStep(directory)).toThrow(refusal('nothing_to_undo'));
  });

  it('is the newest that signs where no step was made yet, as ever', async () => {
    const [old, young] = [await generateKey(), await generateKey()];
    writeKey(directory, young, new Date(2e12));
    writeKey(directory, old, new Date(1e12));
    expect(states()).toEqual({ [young.kid]: 'in_use', [old.kid]: 'previously_used' });
    const third = await make();
    expect(states()).toEqual({ [young.kid]: 'in_use', [old.kid]: 'previously_used', [third.kid]: 'standby' });
    undoKeyStep(directory);
    expect(states()).toEqual({ [young.kid]: 'in_use', [old.kid]: 'previously_used', [third.kid]: 'revoked' });
  });

  it('is standby where its file was put there by somebody else', async () => {
    const first = await make();
    const other = await generateKey();
    writeKey(directory, other);
    expect(states()).toEqual({ [first.kid]: 'in_use', [other.kid]: 'standby' });
  });

  it('is in use for each algorithm', async () => {
    const [curve, edwards] = [await make(), addKey(directory, await generateKey('EdDSA')).key];
    expect(states()).toEqual({ [curve.kid]: 'in_use', [edwards.kid]: 'in_use' });
    await rotateKeys(directory, 'ES256');
    expect(states()).toMatchObject({ [curve.kid]: 'previously_used', [edwards.kid]: 'in_use' });
  });
});

describe('rotateKeys', () => {
  it('takes the standby key that waits longest, and makes one where none waits', async () => {
    const first = await make();
    const waiting = [await generateKey(), await generateKey()];
    writeKey(directory, waiting[1]!, new Date(2e12));
    writeKey(directory, waiting[0]!, new Date(1e12));
    expect((await rotateKeys(directory)).key.key.kid).toBe(waiting[0]!.kid);
    expect((await rotateKeys(directory)).key.key.kid).toBe(waiting[1]!.kid);
    const { key, isNew } = await rotateKeys(directory);
    expect(isNew).toBe(true);
    expect([first, ...waiting].map(({ kid }) => kid)).not.toContain(key.key.kid);
    expect(readKeys(directory)[0]).toEqual(key.key);
  });

  it('wants a key to rotate', async () => {
    await expect(rotateKeys(directory)).rejects.toThrow(refusal('unreadable_key'));
    await make();
    await expect(rotateKeys(directory, 'RS256')).rejects.toThrow(/there is no RS256 key in use/);
  });
});

describe('revokeKey', () => {
  let old: PrivateKey;
  beforeEach(async () => {
    old = await make();
    await rotateKeys(directory);
  });
  const rotated = () => Date.parse(readManagedKeys(directory).find(({ key }) => key.kid === old.kid)!.since);

  it('waits for the last token, the clocks and those who sign', () => {
    const life = { tokenLifetime: 600, propagation: 60 };
    const safe = rotated() + (600 + 60 + 30) * 1000;
    expect(() => revokeKey(directory, old.kid, { ...life, now: new Date(safe - 1) })).toThrow(
      new RegExp(`may live until ${new Date(safe).toISOString()}.*--force.*\\[key_in_use\\]`),
    );
    expect(states()[old.kid]).toBe('previously_used');
    expect(revokeKey(directory, old.kid, { ...life, now: new Date(safe) }).state).toBe('revoked');
  });

  it('takes an hour and five minutes for granted', () => {
    const managed = readManagedKeys(directory).find(({ key }) => key.kid === old.kid)!;
    expect(safeToRevoke(managed)?.getTime()).toBe(rotated() + (3600 + 300 + 30) * 1000);
    expect(safeToRevoke({ ...managed, state: 'in_use' })).toBeUndefined();
  });

  it('never takes the key that signs', () => {
    const kid = signsWith()!;
    expect(() => revokeKey(directory, kid, { force: true })).toThrow(refusal('key_in_use'));
    expect(() => revokeKey(directory, 'none')).toThrow(refusal('unknown_key'));
  });
});

describe('removeKey', () => {
  it('removes a revoked key for good', async () => {
    const old = await make();
    await rotateKeys(directory);
    expect(() => removeKey(directory, old.kid)).toThrow(refusal('key_in_use'));
    revokeKey(directory, old.kid, { force: true });
    removeKey(directory, old.kid);
    expect(Object.values(states())).toEqual(['in_use']);
    expect(() => undoKeyStep(directory)).toThrow(refusal('nothing_to_undo'));
    expect(() => removeKey(directory, old.kid)).toThrow(refusal('unknown_key'));
  });
});

describe('the files of states', () => {
  it('are for nobody else, and no more than a hundred', async () => {
    await make();
    for (let n = 0; n < 60; n++) {
      await rotateKeys(directory);
      undoKeyStep(directory);
    }
    const files = readdirSync(directory).filter((name) => name.startsWith('states-'));
    expect(files).toHaveLength(100);
    for (const file of files) expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.each(['', '{', 'null', '{"keys":{"a":{"state":"good","since":"2026-01-01"}}}', '{"keys":{"a":null}}'])(
    'are refused when they hold %j',
    async (text) => {
      await make();
      writeFileSync(join(directory, 'states-000009.json'), text);
      expect(() => readManagedKeys(directory)).toThrow(/states-000009\.json.*\[unreadable_key\]/);
    },
  );

  it('are not lost when two make steps at once', async () => {
    await make();
    const added = await Promise.all(Array.from({ length: 10 }, () => make()));
    expect(Object.keys(states())).toEqual(expect.arrayContaining(added.map(({ kid }) => kid)));
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => rotateKeys(directory)));
    expect(Object.values(states()).filter((state) => state === 'in_use')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toEqual(refusal('keys_changed'));
  });
});
