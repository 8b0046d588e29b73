import { refuse, SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import type { SigningAlgorithm } from '../../declaration/types.ts';
import { CLOCK_SKEW_S } from '../clock-skew.ts';
import { generateKey } from './generate-key.ts';
import { keyStore, type KeyPlace } from './key-store.ts';
import { isInUse, readManagedKeys, statesByAge, type ManagedKey } from './managed-keys.ts';
import type { PrivateKey } from './private-key.ts';
import type { KeyState, StatesVersion, StateSince } from './state-files.ts';

/** How long tokens of a key may still come, in seconds. */
export interface TokenLife {
  /** The longest lifetime of a token. @default 3600, that of `token mint` */
  readonly tokenLifetime?: number;
  /** Until the last program that signs has the new key. @default 300 */
  readonly propagation?: number;
}

/** When the last token of a key that is not used any more has expired; undefined for other keys. */
export function safeToRevoke(
  { state, since }: StateSince,
  { tokenLifetime = 3600, propagation = 300 }: TokenLife = {},
): Date | undefined {
  for (const [name, seconds] of Object.entries({ tokenLifetime, propagation })) {
    if (!Number.isSafeInteger(seconds) || seconds < 0) {
      refuse('invalid_token_claim', name, `${seconds} is no span of time`, 'give whole seconds');
    }
  }
  if (state !== 'previously_used') return undefined;
  return new Date(Date.parse(since) + (tokenLifetime + propagation + CLOCK_SKEW_S) * 1000);
}

/**
 * Adds a key: in use where no other of its algorithm is, otherwise standby.
 *
 * @throws SecuredPostgrestError as `writeKey`, and `keys_changed`
 * @example
 * const added = addKey('.secrets/keys', await generateKey());
 */
export function addKey(place: KeyPlace, key: PrivateKey): ManagedKey {
  let before: number | undefined = settleStates(place);
  keyStore(place).addKey(key);
  for (let attempt = 1; ; attempt++) {
    try {
      const after = step(place, (keys) => ({ [key.kid]: isFirst(keys, key) ? 'in_use' : 'standby' }), before);
      return named(after, key.kid, place);
    } catch (error) {
      // Somebody else's step does not matter to this one.
      if (!(error instanceof SecuredPostgrestError && error.code === 'keys_changed') || attempt === 10) throw error;
      before = undefined;
    }
  }
}

function isFirst(keys: readonly ManagedKey[], { kid, alg }: PrivateKey): boolean {
  return !keys.some((other) => isInUse(other, alg) && other.key.kid !== kid);
}

export interface Rotation {
  readonly key: ManagedKey;
  readonly previous: ManagedKey;
  /** True if the key was made for it: no server knows it before the next deploy. */
  readonly isNew: boolean;
}

/**
 * Has the standby key that waits longest sign from now on, or a new one where none waits. Tokens of the one before still pass.
 *
 * @param algorithm @default that of the newest key in use
 * @throws SecuredPostgrestError `unreadable_key`, `keys_changed`
 * @example
 * const { key, isNew } = await rotateKeys('.secrets/keys');
 */
export async function rotateKeys(place: KeyPlace, algorithm?: SigningAlgorithm): Promise<Rotation> {
  const before = readManagedKeys(place);
  const previous = before.find((key) => isInUse(key, algorithm ?? key.key.alg));
  if (!previous) {
    refuse(
      'unreadable_key',
      keyStore(place).place,
      `there is no ${algorithm ?? ''} key in use`.replace('  ', ' '),
      `make one with 'secured-postgrest keys generate ${keyStore(place).options.join(' ')}'`,
    );
  }
  const waiting = before.findLast(({ state, key }) => state === 'standby' && key.alg === previous.key.alg);
  const { kid } = waiting?.key ?? addKey(place, await generateKey(previous.key.alg)).key;
  const after = step(place, (keys) => {
    // Somebody else may have done so since.
    if (!keys.some((key) => isInUse(key, previous.key.alg) && key.key.kid === previous.key.kid)) keysChanged(place);
    return { [previous.key.kid]: 'previously_used', [kid]: 'in_use' };
  });
  return {
    key: named(after, kid, place),
    previous: named(after, previous.key.kid, place),
    isNew: waiting === undefined,
  };
}

/**
 * Has no server accept the tokens of a key any more, from the next deploy on.
 *
 * @param force before the last of its tokens has expired, such as when the key was stolen
 * @throws SecuredPostgrestError `unknown_key`, `key_in_use`, `keys_changed`
 * @example
 * revokeKey('.secrets/keys', key.kid!, { tokenLifetime: 600 });
 */
export function revokeKey(
  place: KeyPlace,
  kid: string,
  { force = false, now = new Date(), ...life }: TokenLife & { readonly force?: boolean; readonly now?: Date } = {},
): ManagedKey {
  const after = step(place, (keys) => {
    const key = named(keys, kid, place);
    if (key.state === 'in_use') {
      refuse('key_in_use', kid, 'new tokens are signed with it', "run 'secured-postgrest keys rotate' first");
    }
    const safe = safeToRevoke(key, life);
    if (!force && safe !== undefined && safe > now) {
      refuse(
        'key_in_use',
        kid,
        `tokens that it has signed may live until ${safe.toISOString()}`,
        'wait until then; use --force if the key may have been stolen: they are then refused',
      );
    }
    return { [kid]: 'revoked' };
  });
  return named(after, kid, place);
}

/**
 * Takes back the last step; called again, the one before it. A key that was not there before is revoked by that. Only the
 * removal of a key, and what came before it, can not be taken back.
 *
 * @throws SecuredPostgrestError `nothing_to_undo`, `keys_changed`
 */
export function undoKeyStep(place: KeyPlace): ManagedKey[] {
  const latest = keyStore(place).readStates();
  const earlier = latest?.before === undefined ? undefined : keyStore(place).readEarlier(latest.before);
  if (!latest || !earlier) {
    refuse(
      'nothing_to_undo',
      keyStore(place).place,
      'no step is left that could be undone',
      "look at 'secured-postgrest keys list'",
    );
  }
  const revoked: StateSince = { state: 'revoked', since: new Date().toISOString() };
  const keys = Object.fromEntries(
    keyStore(place)
      .readKeys()
      .map(({ key }) => [key.kid, earlier.keys[key.kid] ?? revoked]),
  );
  add(place, { number: latest.number + 1, keys, ...(earlier.before !== undefined && { before: earlier.before }) });
  return readManagedKeys(place);
}

/**
 * Removes a revoked key for good.
 *
 * @throws SecuredPostgrestError `unknown_key`, `key_in_use`, `keys_changed`
 */
export function removeKey(place: KeyPlace, kid: string): void {
  const key = named(readManagedKeys(place), kid, place);
  if (key.state !== 'revoked') {
    refuse('key_in_use', kid, `it is ${key.state.replace('_', ' ')}`, "run 'secured-postgrest keys revoke' first");
  }
  const number = settleStates(place) + 1;
  // The file first: without its state it would be trusted again.
  keyStore(place).removeKey(kid);
  const keys = Object.fromEntries(
    readManagedKeys(place).map(({ key: { kid: other }, state, since }) => [other, { state, since }]),
  );
  add(place, { number, keys });
}

/** Makes one step of the states that the present ones are changed by. */
function step(
  place: KeyPlace,
  change: (keys: readonly ManagedKey[]) => Readonly<Record<string, KeyState>>,
  before = settleStates(place),
): ManagedKey[] {
  const keys = readManagedKeys(place);
  const changes = change(keys);
  const since = new Date().toISOString();
  const states = keys.map(({ key: { kid }, ...present }): [string, StateSince] => [
    kid,
    changes[kid] === undefined || changes[kid] === present.state
      ? { state: present.state, since: present.since }
      : { state: changes[kid], since },
  ]);
  add(place, { number: before + 1, keys: Object.fromEntries(states), ...(before > 0 && { before }) });
  return readManagedKeys(place);
}

/** Writes down what so far only follows from the ages of the keys; returns the number of the latest version. */
function settleStates(place: KeyPlace): number {
  const latest = keyStore(place).readStates();
  if (latest) return latest.number;
  const stored = keyStore(place).exists() ? keyStore(place).readKeys() : [];
  if (stored.length === 0) return 0;
  keyStore(place).addVersion({ number: 1, keys: statesByAge(stored) });
  return 1;
}

function add(place: KeyPlace, version: StatesVersion): void {
  if (!keyStore(place).addVersion(version)) keysChanged(place);
}

function keysChanged(place: KeyPlace): never {
  refuse(
    'keys_changed',
    keyStore(place).place,
    'somebody else has just changed the states of the keys',
    'look at them, and try again',
  );
}

function named(keys: readonly ManagedKey[], kid: string, place: KeyPlace): ManagedKey {
  return (
    keys.find(({ key }) => key.kid === kid) ??
    refuse(
      'unknown_key',
      kid,
      `it is not in ${keyStore(place).place}`,
      `use one of ${keys.map(({ key }) => key.kid).join(', ')}`,
    )
  );
}
