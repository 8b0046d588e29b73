import { refuse } from '../../errors/secured-postgrest-error.ts';
import { isStoredKey, newestFirst, type StoredKey } from './key-directory.ts';
import { keyStore, type KeyPlace, type KeyStore } from './key-store.ts';
import { readManagedKeys } from './managed-keys.ts';
import { isVersion, type StatesVersion } from './state-files.ts';

/** Keys and states as one document, for whatever keeps secrets. */
interface KeyRing {
  readonly keys: readonly Pick<StoredKey, 'created' | 'key'>[];
  readonly versions: readonly StatesVersion[];
}

export interface KeyRingSource extends Pick<KeyStore, 'place' | 'options'> {
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
export function exportKeys(place: KeyPlace): string {
  const store = keyStore(place);
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
  const keys = readManagedKeys(place).filter(({ key, state }) => state !== 'revoked' && key.alg !== 'HS256');
  const states = Object.fromEntries(keys.map(({ key, state, since }) => [key.kid, { state, since }]));
  return serialize({ keys, versions: [{ number: 1, keys: states }] });
}

/**
 * Keys that are kept as one document.
 *
 * @throws SecuredPostgrestError `unreadable_key`; `keys_read_only` when a step is made and nothing can write
 */
export function keyRing({ place, options, read, write }: KeyRingSource): KeyStore {
  const load = () => parse(read(), place);
  const change = (changed: (ring: KeyRing) => Partial<KeyRing>) => {
    if (!write) {
      refuse('keys_read_only', place, 'keys can only be read from here', 'make the step where they come from');
    }
    const ring = load();
    write(serialize({ ...ring, ...changed(ring) }));
  };
  return {
    place,
    options,
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

function serialize({ keys, versions }: KeyRing): string {
  const members = keys.map(({ created, key }) => ({ created, key }));
  return `${JSON.stringify({ keys: members, versions })}\n`;
}

function parse(document: string, place: string): KeyRing {
  let ring: Partial<KeyRing> | null = null;
  try {
    // Nothing at all may be a command that has failed: what is written over it would be the only keys.
    ring = JSON.parse(document) as Partial<KeyRing> | null;
  } catch {
    // A JSON error quotes the text, and with it the keys.
  }
  if (
    !Array.isArray(ring?.keys) ||
    !Array.isArray(ring.versions) ||
    !ring.keys.every((stored) => isStoredKey(stored)) ||
    !ring.versions.every((version) => isVersion(version) && Number.isSafeInteger((version as StatesVersion).number))
  ) {
    refuse(
      'unreadable_key',
      place,
      'what it holds is no key ring',
      `put there what 'keys export' prints, or {"keys":[],"versions":[]} to begin with`,
    );
  }
  return ring as KeyRing;
}
