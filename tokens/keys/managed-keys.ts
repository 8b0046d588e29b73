import type { StoredKey } from './key-directory.ts';
import { keyStore, type KeyPlace } from './key-store.ts';
import type { KeysByUse, KeyUse } from './private-key.ts';
import type { StateSince } from './state-files.ts';

/** A key of a directory, and what it is for now. */
export interface ManagedKey<Use extends KeyUse = 'sig'> extends StoredKey<Use>, StateSince {}

/**
 * The keys of a directory, or another store, with their states, the newest first. Where no step was made yet, the newest key of each algorithm
 * is in use; a file that was put there since is standby.
 *
 * @throws SecuredPostgrestError as {@link readStoredKeys}
 */
export function readManagedKeys<Use extends KeyUse = 'sig'>(place: KeyPlace<Use>): ManagedKey<Use>[] {
  const store = keyStore<Use>(place);
  const stored = store.readKeys();
  const states = store.readStates()?.keys ?? statesByAge(stored);
  return stored.map((key) => ({ ...key, ...(states[key.key.kid] ?? { state: 'standby', since: key.created }) }));
}

/**
 * The private keys of a directory that are not revoked: those in use first, then the newest.
 *
 * @throws SecuredPostgrestError as {@link readStoredKeys}
 * @example
 * const [inUse] = readKeys('.secrets/keys');
 */
export function readKeys<Use extends KeyUse = 'sig'>(place: KeyPlace<Use>): KeysByUse[Use][] {
  return readManagedKeys<Use>(place)
    .filter(({ state }) => state !== 'revoked')
    .sort((a, b) => Number(b.state === 'in_use') - Number(a.state === 'in_use'))
    .map(({ key }) => key);
}

/** Tests if tokens of an algorithm are signed with it, or encrypted to it. */
export function isInUse({ state, key }: ManagedKey<KeyUse>, algorithm: string): boolean {
  return state === 'in_use' && key.alg === algorithm;
}

/** The newest of each algorithm is in use since it is there; any other was until the next one came. */
export function statesByAge(newestFirst: readonly StoredKey<KeyUse>[]): Record<string, StateSince> {
  const states: Record<string, StateSince> = {};
  const newer = new Map<string, StoredKey<KeyUse>>();
  for (const stored of newestFirst) {
    const { alg, kid } = stored.key;
    const next = newer.get(alg);
    states[kid] = next ? { state: 'previously_used', since: next.created } : { state: 'in_use', since: stored.created };
    newer.set(alg, stored);
  }
  return states;
}
