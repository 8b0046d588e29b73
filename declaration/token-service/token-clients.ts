import { refuse } from '../../errors/secured-postgrest-error.ts';
import { isSafeUrl } from '../keys/provider.ts';

/** A program that signs its users in here. */
export interface TokenServiceClient {
  /** Its `client_id`: letters, digits and marks of ASCII. */
  readonly id: string;
  /**
   * Where users return to with a code, over https or on this machine; browsers may ask for tokens from the origins of
   * these.
   */
  readonly redirectUris: readonly string[];
  /** Where users may return to after signing out. @default none */
  readonly signedOutUris?: readonly string[];
  /** For a program that can keep one, such as a web server: at least 16 random characters. @default none: a public client */
  readonly secret?: string;
}

/**
 * Refuses clients that nobody could sign in with, and those that would hand codes to whoever listens.
 *
 * @throws SecuredPostgrestError `invalid_prop`, `weak_secret`
 */
export function checkClients(place: string, clients: readonly TokenServiceClient[]): void {
  if (clients.length === 0) {
    refuse('invalid_prop', `${place}.clients`, 'nobody could have a token', 'name at least one client');
  }
  const seen = new Set<string>();
  for (const [n, { id, redirectUris, signedOutUris = [], secret }] of clients.entries()) {
    const at = `${place}.clients[${n}]`;
    if (!PRINTABLE.test(id) || seen.has(id)) {
      refuse('invalid_prop', `${at}.id`, `"${id}" is no id, or another client's`, 'write one like "web"');
    }
    seen.add(id);
    if (redirectUris.length === 0) {
      refuse('invalid_prop', `${at}.redirectUris`, 'users could not return', 'name an address of the program');
    }
    for (const uri of [...redirectUris, ...signedOutUris]) {
      if (isSafeUrl(uri) && !uri.includes('#')) continue;
      refuse(
        'invalid_prop',
        at,
        `"${uri}" is no address that a code may be sent to`,
        'give an https URL without a fragment; http is for this machine only',
      );
    }
    // RFC 6749, 10.10: nobody may guess it. What it is, no error shows.
    if (secret !== undefined && (secret.length < 16 || !PRINTABLE.test(secret))) {
      refuse('weak_secret', `${at}.secret`, 'it is too short, or not ASCII', 'take at least 16 random characters');
    }
  }
}

/** VSCHAR of RFC 6749, A. */
const PRINTABLE = /^[\x20-\x7e]+$/;
