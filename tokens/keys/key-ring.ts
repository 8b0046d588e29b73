import { refuse } from '../../errors/secured-postgrest-error.ts';
import { isStoredKey, newestFirst, type StoredKey } from './key-directory.ts';
import { keyStore, useOptions, type KeyPlace, type KeyStore, type KeyUseOption } from './key-store.ts';
import { readManagedKeys, type ManagedKey } from './managed-keys.ts';
import type { KeyUse } from './private-key.ts';
import { isVersion, type StatesVersion } from './state-files.ts';

/** Keys and states as one document, for whatever keeps secrets. */
interface KeyRing<Use extends KeyUse> {
  readonly keys: readonly Pick<StoredKey<Use>, 'created' | 'key'>[];
  readonly versions: readonly StatesVersion[];
}

export interface KeyRingSource<Use extends KeyUse> extends KeyUseOption<Use>, Pick<KeyStore, 'place' | 'options'> {
  /** Reads the document anew. */
  readonly read: () => string;
  /** Where nothing can be written, every step is refused. */
  readonly write?: (document: string) => void;
}

const KEPT = 10;

/**
 * The keys of a place as one JSON document, private parts and all: to put them into a vault, or to have them back.
 *
 * @throws SecuredPostgrestError as `readKeys`
 * @example
 * const document = exportKeys('.secrets/todos/keys');
 */
export function exportKeys<Use extends KeyUse = 'sig'>(place: KeyPlace<Use>): string {
  const store = keyStore<Use>(place);
  const versions: StatesVersion[] = [];
  let version = store.readStates();
  while (version && versions.length < KEPT) {
    versions.unshift(version);
    version = version.before === undefined ? undefined : store.readEarlier(version.before);
  }
  return serialize({ keys: store.readKeys(), versions });
}

/**
 * The same with no more than a program needs to sign: without keys that are revoked, secrets of HS256 and earlier steps.
 *
 * @throws SecuredPostgrestError as `readKeys`
 * @example
 * const document = exportSigningKeys('.secrets/todos/keys');
 */
export function exportSigningKeys(place: KeyPlace): string {
  return exportManaged(readManagedKeys(place).filter(({ key }) => key.alg !== 'HS256'));
}

/**
 * The same with no more than an opener needs to decrypt: without keys that are revoked, and earlier steps.
 *
 * @throws SecuredPostgrestError as `readKeys`
 * @example
 * const document = exportDecryptionKeys(keysInDirectory('.secrets/todos/encryption-keys', { use: 'enc' }));
 */
export function exportDecryptionKeys(place: KeyPlace<'enc'>): string {
  return exportManaged(readManagedKeys(place));
}

function exportManaged<Use extends KeyUse>(managed: readonly ManagedKey<Use>[]): string {
  const keys = managed.filter(({ state }) => state !== 'revoked');
  const states = Object.fromEntries(keys.map(({ key, state, since }) => [key.kid, { state, since }]));
  return serialize({ keys, versions: [{ number: 1, keys: states }] });
}

/**
 * Keys that are kept as one document.
 *
 * @throws SecuredPostgrestError `unreadable_key`; `keys_read_only` when a step is made and nothing can write
 */
export function keyRing<Use extends KeyUse = 'sig'>({
  place,
  options,
  use = 'sig' as Use,
  read,
  write,
}: KeyRingSource<Use>): KeyStore<Use> {
  const load = () => parse(read(), place, use);
  const change = (changed: (ring: KeyRing<Use>) => Partial<KeyRing<Use>>) => {
    if (!write) {
      refuse('keys_read_only', place, 'keys can only be read from here', 'make the step where they come from');
    }
    const ring = load();
    write(serialize({ ...ring, ...changed(ring) }));
  };
  return {
    place,
    options: [...options, ...useOptions(use)],
    use,
    exists: () => true,
    readKeys: () => newestFirst(load().keys.map((stored) => ({ ...stored, file: place }))),
    addKey(key) {
      change(({ keys }) => {
        if (keys.some(({ key: { kid } }) => kid === key.kid)) {
          refuse('key_exists', place, `the key ${key.kid} is there already`, 'remove it to add it again');
        }
        return { keys: [...keys, { created: new Date().toISOString(), key }] };
      });
    },
    removeKey: (kid) => change(({ keys }) => ({ keys: keys.filter(({ key }) => key.kid !== kid) })),
    readStates: () => load().versions.at(-1),
    readEarlier: (number) => load().versions.find((version) => version.number === number),
    addVersion(version) {
      let isNext = true;
      change(({ versions }) => {
        isNext = (versions.at(-1)?.number ?? 0) < version.number;
        return isNext ? { versions: [...versions, version].slice(-KEPT) } : {};
      });
      return isNext;
    },
  };
}

function serialize<Use extends KeyUse>({ keys, versions }: KeyRing<Use>): string {
  const members = keys.map(({ created, key }) => ({ created, key }));
  return `${JSON.stringify({ keys: members, versions })}\n`;
}

function parse<Use extends KeyUse>(document: string, place: string, use: Use): KeyRing<Use> {
  let ring: Partial<KeyRing<Use>> | null = null;
  try {
    // Nothing at all may be a command that has failed: what is written over it would be the only keys.
    ring = JSON.parse(document) as Partial<KeyRing<Use>> | null;
  } catch {
    // A JSON error quotes the text, and with it the keys.
  }
  if (
    !Array.isArray(ring?.keys) ||
    !Array.isArray(ring.versions) ||
    !ring.keys.every((stored) => isStoredKey(stored, use)) ||
    !ring.versions.every((version) => isVersion(version) && Number.isSafeInteger((version as StatesVersion).number))
  ) {
    refuse(
      'unreadable_key',
      place,
      `what it holds is no key ring${use === 'enc' ? ' for encryption' : ''}`,
      `put there what 'keys export${use === 'enc' ? ' --use enc' : ''}' prints, or {"keys":[],"versions":[]} to begin with`,
    );
  }
  return ring as KeyRing<Use>;
}
