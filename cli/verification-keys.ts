import { text } from 'node:stream/consumers';
import { ownKeys, providerOf } from '../declaration/keys/provider.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { Declaration, JsonWebKeySet } from '../declaration/types.ts';
import { loadVerificationKeys } from '../tokens/index.ts';
import { keyPlace, usualKeys, type KeyPlaceOptions } from './key-place.ts';

/** Keys with which the declared server verifies tokens. */
export function verificationKeys(declaration: Declaration, place: KeyPlaceOptions): JsonWebKeySet {
  return loadVerificationKeys(
    declaration.keys,
    areElsewhere(declaration) ? keyPlace(place, usualKeys(declaration)) : '',
  );
}

/** Tests if the declaration does not say itself which keys are trusted. */
export function areElsewhere({ keys }: Declaration): boolean {
  const own = ownKeys(keys);
  const provider = providerOf(keys);
  return (own && 'generate' in own) === true || (provider !== undefined && provider.jwks === undefined);
}

/** The token alone, also where it was copied with the scheme of the header that it stood in. @param given `-`: of standard input */
export async function tokenFrom(given = '-'): Promise<string> {
  const token = (given === '-' ? await text(process.stdin) : given).trim().replace(/^Bearer\s+/i, '');
  if (token === '') refuse('unreadable_token', 'token', 'it is empty', 'give a token, or write one to standard input');
  return token;
}
