import { refuse, SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { CLOCK_SKEW_S } from '../clock-skew.ts';
import { generateLike } from './generate-like.ts';
import { keyStore, type KeyPlace } from './key-store.ts';
import { keysCommand } from './keys-command.ts';
import { isInUse, readManagedKeys, statesByAge, type ManagedKey } from './managed-keys.ts';
import type { KeysByUse, KeyUse } from './private-key.ts';
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
export function addKey<Use extends KeyUse = 'sig'>(place: KeyPlace<Use>, key: KeysByUse[Use]): ManagedKey<Use> {
  let before: number | undefined = settleStates<Use>(place);
  keyStore<Use>(place).addKey(key);
  for (let attempt = 1; ; attempt++) {
    try {
      const after = step<Use>(place, (keys) => ({ [key.kid]: isFirst(keys, key) ? 'in_use' : 'standby' }), before);
      return named<Use>(after, key.kid, place);
    } catch (error) {
      // Somebody else's step does not matter to this one.
      if (!(error instanceof SecuredPostgrestError && error.code === 'keys_changed') || attempt === 10) throw error;
      before = undefined;
    }
  }
}

function isFirst(keys: readonly ManagedKey<KeyUse>[], { kid, alg }: KeysByUse[KeyUse]): boolean {
  return !keys.some((other) => isInUse(other, alg) && other.key.kid !== kid);
}

export interface Rotation<Use extends KeyUse = 'sig'> {
  readonly key: ManagedKey<Use>;
  readonly previous: ManagedKey<Use>;
  /** True if the key was made for it: no server knows it before the next deploy. */
  readonly isNew: boolean;
}

/**
 * Takes the standby key that waits longest into use, or a new one where none waits. Tokens of the one before still pass.
 *
 * @param algorithm @default that of the newest key in use
 * @throws SecuredPostgrestError `unreadable_key`, `keys_changed`
 * @example
 * const { key, isNew } = await rotateKeys('.secrets/keys');
 */
// eslint-disable-next-line @typescript-eslint/require-await -- what it refuses is a rejection
export async function rotateKeys<Use extends KeyUse = 'sig'>(
  place: KeyPlace<Use>,
  algorithm?: KeysByUse[Use]['alg'],
): Promise<Rotation<Use>> {
  const before = readManagedKeys<Use>(place);
  const previous = before.find((key) => isInUse(key, algorithm ?? key.key.alg));
  if (!previous) {
    refuse(
      'unreadable_key',
      keyStore<Use>(place).place,
      `there is no ${algorithm ?? ''} key in use`.replace('  ', ' '),
      `make one with: ${keysCommand('generate', [...keyStore<Use>(place).options, ...(algorithm === undefined ? [] : ['--algorithm', algorithm])])}`,
    );
  }
  const waiting = before.findLast(({ state, key }) => state === 'standby' && key.alg === previous.key.alg);
  const { kid } = waiting?.key ?? addKey<Use>(place, generateLike<Use>(previous.key)).key;
  const after = step<Use>(place, (keys) => {
    // Somebody else may have done so since.
    if (!keys.some((key) => isInUse(key, previous.key.alg) && key.key.kid === previous.key.kid))
      keysChanged<Use>(place);
    return { [previous.key.kid]: 'previously_used', [kid]: 'in_use' };
  });
  return {
    key: named<Use>(after, kid, place),
    previous: named<Use>(after, previous.key.kid, place),
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
export function revokeKey<Use extends KeyUse = 'sig'>(
  place: KeyPlace<Use>,
  kid: string,
  { force = false, now = new Date(), ...life }: TokenLife & { readonly force?: boolean; readonly now?: Date } = {},
): ManagedKey<Use> {
  const after = step<Use>(place, (keys) => {
    const key = named<Use>(keys, kid, place);
    if (key.state === 'in_use') {
      const use = key.key.use === 'enc' ? 'encrypted to' : 'signed with';
      refuse(
        'key_in_use',
        kid,
        `new tokens are ${use} it`,
        `run first: ${keysCommand('rotate', keyStore<Use>(place).options)}`,
      );
    }
    const safe = safeToRevoke(key, life);
    if (!force && safe !== undefined && safe > now) {
      refuse(
        'key_in_use',
        kid,
        `tokens ${key.key.use === 'enc' ? 'that are encrypted to it' : 'that it has signed'} may live until ${safe.toISOString()}`,
        'wait until then; use --force if the key may have been stolen: they are then refused',
      );
    }
    return { [kid]: 'revoked' };
  });
  return named<Use>(after, kid, place);
}

/**
 * Takes back the last step; called again, the one before it. A key that was not there before is revoked by that. Only the
 * removal of a key, and what came before it, cannot be taken back.
 *
 * @throws SecuredPostgrestError `nothing_to_undo`, `keys_changed`
 */
export function undoKeyStep<Use extends KeyUse = 'sig'>(place: KeyPlace<Use>): ManagedKey<Use>[] {
  const store = keyStore<Use>(place);
  const latest = store.readStates();
  const earlier = latest?.before === undefined ? undefined : store.readEarlier(latest.before);
  if (!latest || !earlier) {
    refuse(
      'nothing_to_undo',
      store.place,
      'no step is left that could be undone',
      `look at: ${keysCommand('list', store.options)}`,
    );
  }
  const revoked: StateSince = { state: 'revoked', since: new Date().toISOString() };
  const keys = Object.fromEntries(store.readKeys().map(({ key }) => [key.kid, earlier.keys[key.kid] ?? revoked]));
  add<Use>(place, { number: latest.number + 1, keys, ...(earlier.before !== undefined && { before: earlier.before }) });
  return readManagedKeys<Use>(place);
}

/**
 * Removes a revoked key for good.
 *
 * @throws SecuredPostgrestError `unknown_key`, `key_in_use`, `keys_changed`
 */
export function removeKey<Use extends KeyUse = 'sig'>(place: KeyPlace<Use>, kid: string): void {
  const key = named<Use>(readManagedKeys<Use>(place), kid, place);
  if (key.state !== 'revoked') {
    refuse(
      'key_in_use',
      kid,
      `it is ${key.state.replace('_', ' ')}`,
      `run first: ${keysCommand('revoke', ['--kid', kid, ...keyStore<Use>(place).options])}`,
    );
  }
  const number = settleStates<Use>(place) + 1;
  // The file first: without its state it would be trusted again.
  keyStore<Use>(place).removeKey(kid);
  const keys = Object.fromEntries(
    readManagedKeys<Use>(place).map(({ key: { kid: other }, state, since }) => [other, { state, since }]),
  );
  add<Use>(place, { number, keys });
}

/** Makes one step of the states that the present ones are changed by. */
function step<Use extends KeyUse>(
  place: KeyPlace<Use>,
  change: (keys: readonly ManagedKey<Use>[]) => Readonly<Record<string, KeyState>>,
  before = settleStates<Use>(place),
): ManagedKey<Use>[] {
  const keys = readManagedKeys<Use>(place);
  const changes = change(keys);
  const since = new Date().toISOString();
  const states = keys.map(({ key: { kid }, ...present }): [string, StateSince] => [
    kid,
    changes[kid] === undefined || changes[kid] === present.state
      ? { state: present.state, since: present.since }
      : { state: changes[kid], since },
  ]);
  add<Use>(place, { number: before + 1, keys: Object.fromEntries(states), ...(before > 0 && { before }) });
  return readManagedKeys<Use>(place);
}

/** Writes down what so far only follows from the ages of the keys; returns the number of the latest version. */
function settleStates<Use extends KeyUse>(place: KeyPlace<Use>): number {
  const store = keyStore<Use>(place);
  const latest = store.readStates();
  if (latest) return latest.number;
  const stored = store.exists() ? store.readKeys() : [];
  if (stored.length === 0) return 0;
  store.addVersion({ number: 1, keys: statesByAge(stored) });
  return 1;
}

function add<Use extends KeyUse>(place: KeyPlace<Use>, version: StatesVersion): void {
  if (!keyStore<Use>(place).addVersion(version)) keysChanged<Use>(place);
}

function keysChanged<Use extends KeyUse>(place: KeyPlace<Use>): never {
  refuse(
    'keys_changed',
    keyStore<Use>(place).place,
    'somebody else has just changed the states of the keys',
    'look at them, and try again',
  );
}

function named<Use extends KeyUse>(
  keys: readonly ManagedKey<Use>[],
  kid: string,
  place: KeyPlace<Use>,
): ManagedKey<Use> {
  return (
    keys.find(({ key }) => key.kid === kid) ??
    refuse(
      'unknown_key',
      kid,
      `it is not in ${keyStore<Use>(place).place}`,
      `use one of ${keys.map(({ key }) => key.kid).join(', ')}`,
    )
  );
}
